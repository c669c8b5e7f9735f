/**
 * A device that is being made, written down before each step, so that a run that was cut short leaves nothing that the next
 * one does not find. It holds no secret.
 */
export interface Creation {
  readonly serialNumber: string
  /** whose it is to be, and the profile that holds the user's keys */
  readonly userArn: string
  readonly sourceProfile: string
  /**
   * What may have been done at most: `creating`, the device is at AWS; `created`, its seed is in the keychain;
   * `enabling`, the user has it
   */
  readonly phase: 'creating' | 'created' | 'enabling'
}

const phases: readonly unknown[] = ['creating', 'created', 'enabling']

/** @returns `undefined` when nothing is being made */
export function parseCreation(text: string | undefined): Creation | undefined {
  try {
    const value = JSON.parse(text || '{}') as Partial<Record<keyof Creation, unknown>>
    const { serialNumber, userArn, sourceProfile, phase } = value
    if (typeof serialNumber !== 'string' || typeof userArn !== 'string' || typeof sourceProfile !== 'string') return
    return phases.includes(phase)
      ? { serialNumber, userArn, sourceProfile, phase: phase as Creation['phase'] }
      : undefined
  } catch {
    return undefined
  }
}

/** @param creation - `undefined` when it has come to an end */
export function formatCreation(creation: Creation | undefined): string {
  return `${JSON.stringify(creation ?? {})}\n`
}

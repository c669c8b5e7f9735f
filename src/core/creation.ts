import type { SeedOrigin } from './enrolment.js'

/**
 * A device that is being made and where its seed goes, written down before each step, so that a run that was cut short
 * leaves nothing that the next one does not find. It holds no secret.
 */
export type Creation = CreationFacts & SeedOrigin

interface CreationFacts {
  readonly serialNumber: string
  /** whose it is to be, and the profile that holds the user's keys */
  readonly userArn: string
  readonly sourceProfile: string
  /**
   * What may have been done at most: `creating`, the device is at AWS; `created`, its seed is in its store; `enabling`, the
   * user has it
   */
  readonly phase: 'creating' | 'created' | 'enabling'
  /** the path of the identity that was made for its seed file, and goes when the device does not come to be */
  readonly newIdentity?: string
}

type Fields = Partial<Record<string, unknown>>

const phases: readonly unknown[] = ['creating', 'created', 'enabling']

/** @returns `undefined` when nothing is being made */
export function parseCreation(text: string | undefined): Creation | undefined {
  try {
    const value = JSON.parse(text || '{}') as Fields
    const { serialNumber, userArn, sourceProfile, phase, newIdentity } = value
    const origin = parseSeedOrigin(value)
    if (typeof serialNumber !== 'string' || typeof userArn !== 'string' || typeof sourceProfile !== 'string') return
    if (!phases.includes(phase) || origin === undefined) return
    const facts = { serialNumber, userArn, sourceProfile, phase: phase as Creation['phase'], ...origin }
    return typeof newIdentity === 'string' ? { ...facts, newIdentity } : facts
  } catch {
    return undefined
  }
}

/** Where no store is written down it is the keychain, which was the only one at first. */
function parseSeedOrigin({ seedStore = 'keychain', seedKey }: Fields): SeedOrigin | undefined {
  if (seedStore === 'keychain') return { seedStore }
  if (seedStore !== 'file') return undefined
  const { kind, path, command } = seedKey as Fields
  if (kind === 'passphrase-command') {
    return typeof command === 'string' ? { seedStore, seedKey: { kind, command } } : undefined
  }
  const isFile = (kind === 'identity' || kind === 'passphrase-file') && typeof path === 'string'
  return isFile ? { seedStore, seedKey: { kind, path } } : undefined
}

/** @param creation - `undefined` when it has come to an end */
export function formatCreation(creation: Creation | undefined): string {
  return `${JSON.stringify(creation ?? {})}\n`
}

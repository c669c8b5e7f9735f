/** The record that a file of ours holds, or an empty one: what somebody else has put there is not believed. */
export function parseRecord(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text || '{}')
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** For a file that a person may look into. */
export function formatRecord(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How the last run ended that each scheduler, or the login hook, has started. */
export type Runs = Readonly<Record<string, Run>>

export interface Run {
  /** RFC 3339 */
  readonly at: string
  readonly exitCode: number
}

/** @returns only what can be understood */
export function parseRuns(text: string | undefined): Runs {
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Run] => isRun(entry[1])))
  } catch {
    return {}
  }
}

export function formatRuns(runs: Runs): string {
  return `${JSON.stringify(runs, undefined, 2)}\n`
}

function isRun(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { at, exitCode } = value as Partial<Record<keyof Run, unknown>>
  return typeof at === 'string' && !Number.isNaN(Date.parse(at)) && Number.isInteger(exitCode)
}

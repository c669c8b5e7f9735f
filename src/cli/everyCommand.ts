import type { Row, Spec } from './spec.js'
import { commands } from './table.js'

/** A command with all that is loaded of it. */
export interface Loaded {
  /** such as `awsmfa schedule install` */
  readonly path: string
  readonly spec: Spec
}

/** Every command of the table, families before their members: for what tells of them all. */
export async function everyCommand(
  rows: Readonly<Record<string, Row>> = commands,
  path = 'awsmfa',
): Promise<readonly Loaded[]> {
  const found = Object.entries(rows).map(async ([name, row]) => {
    const spec = await row.load()
    const own = `${path} ${name}`
    return [{ path: own, spec }, ...(await everyCommand(spec.commands ?? {}, own))]
  })
  return (await Promise.all(found)).flat()
}

import type { Row, Spec } from '../../src/cli/spec.js'
import { commands } from '../../src/cli/table.js'

/** Every command of the table with all that is loaded of it, families before their members: `awsmfa schedule install`. */
export async function everyCommand(
  rows: Readonly<Record<string, Row>> = commands,
  path = 'awsmfa',
): Promise<{ readonly path: string; readonly spec: Spec }[]> {
  const found = Object.entries(rows).map(async ([name, row]) => {
    const spec = await row.load()
    const own = `${path} ${name}`
    return [{ path: own, spec }, ...(await everyCommand(spec.commands ?? {}, own))]
  })
  return (await Promise.all(found)).flat()
}

import { parseCode } from '../core/code.js'
import type { World } from '../world.js'

/**
 * Asks the person for a code. Blanks around it do no harm here, where it is pasted now and then.
 *
 * @throws Failure `usage` when it is not six digits
 */
export async function askCode(world: World, question: string): Promise<string> {
  return parseCode((await world.terminal.ask(question)).trim())
}

import { parseCode } from '../core/code.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

const attempts = 3

/**
 * Asks the person for a code.
 *
 * @throws Failure `usage` as {@link askFor} does
 */
export async function askCode(world: World, question: string): Promise<string> {
  return await askFor(world, () => world.terminal.ask(question), parseCode)
}

/**
 * Asks again after a typing error, which costs nothing, up to three times. An empty line gives up at once.
 *
 * @param parse - throws Failure `usage` for an answer that cannot be right
 * @throws Failure `usage` of the last answer; whatever `ask` throws
 */
export async function askFor<T>({ terminal }: World, ask: () => Promise<string>, parse: (answer: string) => T) {
  for (let left = attempts - 1; ; left--) {
    const answer = await ask()
    try {
      return parse(answer)
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'usage' || answer.trim() === '' || left === 0) throw error
      terminal.fail(error)
    }
  }
}

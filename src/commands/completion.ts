import type { CompletionShell, Grammar } from '../core/completion/grammar.js'
import { completionScripts } from '../core/completion/script.js'
import type { World } from '../world.js'

/** Answers with a shell's completion script, and tells a person who only looks at it where it goes. Changes nothing. */
export async function completion({ terminal }: World, shell: CompletionShell, grammar: Grammar): Promise<void> {
  const { script, place } = completionScripts[shell]
  terminal.answer(script(grammar))
  if (terminal.answersToTerminal) terminal.say(`to put it in its place: ${place}`)
}

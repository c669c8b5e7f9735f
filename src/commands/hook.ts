import type { HookShell } from '../core/hookSnippet.js'
import { hookSnippet } from '../core/hookSnippet.js'
import type { World } from '../world.js'

/** Where people keep what an interactive shell reads at its start. */
const startUpFiles: Readonly<Record<HookShell, string>> = {
  bash: '~/.bashrc',
  zsh: '~/.zshrc',
  fish: '~/.config/fish/config.fish',
  pwsh: '$PROFILE',
}

/** Answers with the text for a shell's start-up file. Changes nothing: where the text goes is the person's affair. */
export async function hook(world: World, shell: HookShell): Promise<void> {
  const { node, program } = await world.schedule.facts()
  const paths = { node: node.path, program: program.path, stateFolder: world.state.folder }
  // The blank line keeps it apart from a start-up file that does not end with a line end.
  world.terminal.answer(`\n${hookSnippet(shell, paths)}`)
  for (const { kind, path } of [node, program]) {
    if (kind === 'versioned')
      world.terminal.warn(`${path} belongs to one version: make the snippet anew after an upgrade`)
    if (kind === 'cache')
      world.terminal.warn(`${path} is in a cache that is emptied now and then: install awsmfa first`)
  }
  if (!world.terminal.answersToTerminal) return
  world.terminal.say(`to put it at the end of the start-up file: awsmfa hook ${shell} >> ${startUpFiles[shell]}`)
}

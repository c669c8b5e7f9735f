import { type HookShell, hookMarkers, hookSnippet } from '../core/hookSnippet.js'
import type { World } from '../world.js'

/** Answers with the text for a shell's start-up file. Changes nothing: where the text goes is the person's affair. */
export async function hook(world: World, shell: HookShell): Promise<void> {
  const { node, program } = await world.schedule.facts()
  // Read before the answer may be appended to the very file.
  const { file, older, login } = await place(world, shell)
  const paths = { node: node.path, program: program.path, stateFolder: world.state.folder }
  // The blank line keeps it apart from a start-up file that does not end with a line end.
  world.terminal.answer(`\n${hookSnippet(shell, paths)}`)
  for (const { kind, path } of node.path === program.path ? [program] : [node, program]) {
    if (kind === 'versioned')
      world.terminal.warn(`${path} belongs to one version: make the snippet anew after an upgrade`)
    if (kind === 'cache')
      world.terminal.warn(`${path} is in a cache that is emptied now and then: install awsmfa first`)
  }
  if (older) {
    const [first, last] = hookMarkers
    world.terminal.warn(`${file} holds a hook already: delete the older one, from "${first}" to "${last}"`)
  }
  if (world.terminal.answersToTerminal) {
    world.terminal.say(`to put it at the end of the start-up file: awsmfa hook ${shell} >> ${file}`)
  }
  if (login !== undefined) {
    world.terminal.say(`bash as a login shell (on macOS, over ssh, Git for Windows) reads ${login} instead`)
    world.terminal.say('that file needs this line: [ -z "$BASH_VERSION" ] || . ~/.bashrc')
  }
  world.terminal.say('it works in shells that are opened after that')
}

interface Place {
  /** as a person writes it in the shell */
  readonly file: string
  readonly older: boolean
  /** what a login shell reads in its place */
  readonly login?: string
}

/** Where people keep what an interactive shell reads at its start, and what is there already. */
async function place({ env, startUpFiles }: World, shell: HookShell): Promise<Place> {
  if (shell === 'pwsh') return { file: '$PROFILE', older: false }
  if (shell === 'bash') return await placeForBash(startUpFiles)
  const [variable, usual, name] =
    shell === 'zsh' ? ['ZDOTDIR', '', '.zshrc'] : ['XDG_CONFIG_HOME', '.config/', 'fish/config.fish']
  const folder = env[variable]
  const file = folder ? `"$${variable}/${name}"` : `~/${usual}${name}`
  return { file, older: holdsHook(await startUpFiles.read(folder ? `${folder}/${name}` : `${usual}${name}`)) }
}

/** A login shell reads the first of three files, and no ~/.bashrc (bash(1), INVOCATION): most people's file reads that. */
async function placeForBash({ read }: World['startUpFiles']): Promise<Place> {
  const bashrc = await read('.bashrc')
  for (const name of ['.bash_profile', '.bash_login', '.profile']) {
    const text = await read(name)
    if (text === undefined) continue
    // The other way about, the line that is advised would let the two read each other without end.
    if (mentions(bashrc, name)) return { file: `~/${name}`, older: holdsHook(text) }
    const older = holdsHook(bashrc)
    return mentions(text, 'bashrc') ? { file: '~/.bashrc', older } : { file: '~/.bashrc', older, login: `~/${name}` }
  }
  return { file: '~/.bashrc', older: holdsHook(bashrc), login: '~/.bash_profile' }
}

/** Whether some line says `name` before a comment begins. */
function mentions(text: string | undefined, name: string): boolean {
  return (text ?? '').split('\n').some((line) => line.replace(/(^|\s)#.*/, '').includes(name))
}

function holdsHook(text: string | undefined): boolean {
  return text?.includes(hookMarkers[0]) === true
}

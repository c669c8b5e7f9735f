import { completionShells, type Grammar } from '../core/completion/grammar.js'
import type { Loaded } from './everyCommand.js'
import { command, flagName, oneOf, type Spec, voiceFlags } from './spec.js'

/** `awsmfa completion SHELL` */
export const completion = command({
  about:
    "Print a shell's completion script: commands, flags, their values, and profiles out of ~/.aws/config.\n\n" +
    'It starts no process, so make it anew after an upgrade. Where it goes:\n\n' +
    'bash: with bash-completion, the first file above; without it, any file that ~/.bashrc reads (". FILE").\n\n' +
    'zsh: a file _awsmfa in a folder of $fpath, such as ~/.zfunc, with "fpath+=~/.zfunc" before compinit in ~/.zshrc.\n\n' +
    'fish: the file above. PowerShell: the profile, or a file that it reads.',
  examples: [
    'awsmfa completion bash > ~/.local/share/bash-completion/completions/awsmfa',
    'awsmfa completion zsh > ~/.zfunc/_awsmfa',
    'awsmfa completion fish > ~/.config/fish/completions/awsmfa.fish',
    'awsmfa completion pwsh >> $PROFILE',
  ],
  operand: {
    name: 'SHELL',
    choices: completionShells,
    parse: ([shell]) => oneOf(completionShells, shell, 'SHELL'),
  },
  async run(world, _, shell) {
    const [{ completion }, { everyCommand }, { manual }, { commands }] = await Promise.all([
      import('../commands/completion.js'),
      import('./everyCommand.js'),
      import('./manual.js'),
      import('./table.js'),
    ])
    const all = [{ path: 'awsmfa', spec: { ...manual, commands } }, ...(await everyCommand())]
    await completion(world, shell, grammarOf(all))
    return undefined
  },
})

/** What can be typed, by the declarations of all commands. */
export function grammarOf(all: readonly Loaded[]): Grammar {
  return all.map(({ path, spec }) => ({
    path: path.replace('awsmfa', ''),
    commands: Object.entries(spec.commands ?? {}).map(([word, { summary }]) => ({ word, about: summary })),
    flags: [...flagsOf(spec), ...(path === 'awsmfa' ? [version] : []), help],
    operands: spec.operand?.choices ?? [],
    verbatim: spec.operand?.verbatim ?? false,
  }))
}

const version = { word: '--version', about: 'which version this is' }
const help = { word: '--help', about: 'how to use it' }

function flagsOf({ flags }: Spec) {
  return Object.entries({ ...flags, ...voiceFlags }).map(([key, { about, value }]) => ({
    word: flagName(key),
    about,
    ...(value === undefined ? {} : { value: { kind: value.kind, choices: value.choices ?? [] } }),
  }))
}

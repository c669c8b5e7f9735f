import { hookShells } from '../core/hookSnippet.js'
import { command, oneOf } from './spec.js'

/** `awsmfa hook SHELL` */
export const hook = command({
  about:
    "Print the text for a shell's start-up file that renews sessions in the background and tells when you are needed.\n\n" +
    'Put it into the file as it is, and open a new shell. While the session is fresh it starts no process; eval "$(awsmfa hook bash)" would start one for every shell.\n\n' +
    'Bash as a login shell (macOS, ssh) reads ~/.bash_profile or ~/.profile: let that read ~/.bashrc.',
  examples: [
    'awsmfa hook bash >> ~/.bashrc',
    'awsmfa hook zsh >> ~/.zshrc',
    'awsmfa hook fish >> ~/.config/fish/config.fish',
    'awsmfa hook pwsh >> $PROFILE',
  ],
  operand: { name: 'SHELL', choices: hookShells, parse: ([shell]) => oneOf(hookShells, shell, 'SHELL') },
  async run(world, _, shell) {
    const { hook } = await import('../commands/hook.js')
    await hook(world, shell)
  },
})

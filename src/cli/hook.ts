import { Argument, type Command } from 'commander'
import { type HookShell, hookShells } from '../core/hookSnippet.js'
import { type Context, declare, withVoiceFlags } from './flags.js'

/** `awsmfa hook SHELL` */
export function declareHook(program: Command, { world }: Context): void {
  const command = declare(
    program,
    'hook',
    "The text for a shell's start-up file that renews sessions in the background and tells when you are needed.\n" +
      'Put it into the file as it is, and open a new shell. While the session is fresh it starts no process;\n' +
      'eval "$(awsmfa hook bash)" would start one for every shell.\n' +
      'Bash as a login shell (macOS, ssh) reads ~/.bash_profile or ~/.profile: let that read ~/.bashrc.',
    [
      'awsmfa hook bash >> ~/.bashrc',
      'awsmfa hook zsh >> ~/.zshrc',
      'awsmfa hook fish >> ~/.config/fish/config.fish',
      'awsmfa hook pwsh >> $PROFILE',
    ],
  )
  withVoiceFlags(command)
    .addArgument(new Argument('<shell>').choices(hookShells))
    .action(async (shell: HookShell) => {
      const { hook } = await import('../commands/hook.js')
      await hook(world, shell)
    })
}

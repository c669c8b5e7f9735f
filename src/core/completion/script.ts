import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import type { CompletionShell, Grammar } from './grammar.js'
import { pwshCompletion } from './pwsh.js'
import { zshCompletion } from './zsh.js'

/** How each shell is served, and what a person types to put the script in its place. */
export const completionScripts: Readonly<Record<CompletionShell, { script(grammar: Grammar): string; place: string }>> =
  {
    bash: {
      script: bashCompletion,
      place: 'awsmfa completion bash > ~/.awsmfa-completion.bash; echo ". ~/.awsmfa-completion.bash" >> ~/.bashrc',
    },
    zsh: {
      script: zshCompletion,
      place:
        "mkdir -p ~/.zfunc; awsmfa completion zsh > ~/.zfunc/_awsmfa, with 'fpath+=~/.zfunc' before compinit in ~/.zshrc",
    },
    fish: { script: fishCompletion, place: 'awsmfa completion fish > ~/.config/fish/completions/awsmfa.fish' },
    pwsh: { script: pwshCompletion, place: 'awsmfa completion pwsh >> $PROFILE' },
  }

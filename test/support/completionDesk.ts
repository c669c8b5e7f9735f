import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { TestContext } from 'node:test'
import type { Shell } from './hookDesk.js'
import { which } from './parts.js'
import { openPty, type Pty } from './pty.js'
import { tempFolder } from './tempFolder.js'

/** What a start-up file has to say so that Ctrl-T shows and empties the line that is being typed, and `awsmfa` its arguments. */
const startUps: Record<Shell, (script: string) => readonly [file: string, text: string, args: readonly string[]]> = {
  bash: (script) => [
    'rc.bash',
    `PS1='READY> '; unset HISTFILE
bind 'set enable-bracketed-paste off'
bind -x '"\\C-t": printf "\\n<<%s>>\\n" "$READLINE_LINE"; READLINE_LINE=""'
awsmfa() { printf '\\n{'; printf '(%s)' "$@"; printf '}\\n'; }
. "${script}"`,
    ['--noprofile', '--rcfile', 'rc.bash', '-i'],
  ],
  zsh: (script) => [
    '.zshrc',
    `PROMPT='READY> '; unset HISTFILE; setopt no_prompt_sp
autoload -Uz compinit && compinit -u -D
show() { local line=$BUFFER; BUFFER=''; print; print -r -- "<<$line>>" }
zle -N show; bindkey '^T' show
awsmfa() { printf '\\n{'; printf '(%s)' "$@"; printf '}\\n'; }
[[ -n \${_comps[awsmfa]} ]] || . "${script}"`,
    ['-d', '-i'],
  ],
  fish: (script) => [
    '.config/fish/config.fish',
    `set -g fish_greeting
function fish_prompt; echo 'READY> '; end
bind \\ct 'printf "\\n<<%s>>\\n" (commandline -b); commandline -r ""'
function awsmfa; printf '\\n{'; printf '(%s)' $argv; printf '}\\n'; end
source "${script}"`,
    ['-i'],
  ],
}

/** An interactive shell on a real terminal, with a completion script read and not one program within reach. */
export class CompletionDesk {
  readonly home: string
  readonly #pty: Pty

  private constructor(home: string, pty: Pty) {
    this.home = home
    this.#pty = pty
  }

  /**
   * @param script - the completion script
   * @param config - the text of ~/.aws/config
   * @param setting - lines for the start-up file, before the script is read
   */
  static async open(
    t: TestContext,
    shell: Shell,
    script: string,
    config: string,
    setting = '',
  ): Promise<CompletionDesk> {
    const home = tempFolder(t)
    const write = (name: string, text: string) => {
      mkdirSync(dirname(join(home, name)), { recursive: true })
      writeFileSync(join(home, name), text)
    }
    // Where this is absent, fish spends its first minute on reading all manual pages.
    mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true })
    mkdirSync(join(home, 'nowhere'))
    const [file, text, args] = startUps[shell](join(home, '_awsmfa'))
    // Under the name by which zsh finds it in a folder of $fpath
    write('_awsmfa', script)
    write('.aws/config', config)
    write(file, `${setting}\n${text}\n`)
    const path = which(shell)
    if (path === undefined) throw new Error(`no ${shell}`)
    const env = { HOME: home, PATH: join(home, 'nowhere'), TERM: 'xterm', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }
    const pty = await openPty(path, args, { env, cwd: home, cols: 200 })
    await pty.waitFor('READY> ')
    t.after(() => {
      try {
        process.kill(pty.pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    })
    return new CompletionDesk(home, pty)
  }

  /** What the line becomes when `typed` and the tabulator key are typed; then it is thrown away. */
  async complete(typed: string): Promise<string> {
    const from = this.#pty.output.length
    this.#pty.type(`${typed}\t\x14`)
    await this.#pty.waitFor('>>')
    return /<<(.*)>>/s.exec(this.#pty.output.slice(from))?.[1] ?? ''
  }

  /** The arguments that the shell hands over when `typed`, the tabulator key and Enter are typed. */
  async hand(typed: string): Promise<string[]> {
    const from = this.#pty.output.length
    this.#pty.type(`${typed}\t\r`)
    await this.#pty.waitFor(/\{\(.*\)\}/)
    const [, args = ''] = /\{\((.*)\)\}/.exec(this.#pty.output.slice(from)) ?? []
    return args.split(')(')
  }

  /** The files in the home folder, for what a hostile name could have made. */
  files(): string[] {
    return readdirSync(this.home)
  }
}

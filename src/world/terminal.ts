/**
 * Every way in which the program speaks; how it asks is in prompt.ts. The rules of its voice:
 *
 * - Answers go to stdout, as they are but for what drives a terminal. All talk goes to stderr, a line at a time, each with the prefix `awsmfa: `.
 * - Lower case at the start, no full stop at the end.
 * - Colour where a terminal is, each stream by itself: on single words of ours, which say the same without it.
 * - A failure is two lines: what happened, then `hint:` and what to do next.
 * - `--quiet` leaves failures only; `--verbose` adds detail. Neither ever shows a secret.
 * - What is said comes out of files and servers too, so it is made printable and passes a redactor.
 * - When the reader of our output has gone (`awsmfa status | head -0`), we finish the work in silence.
 */
import process from 'node:process'
import { isColoured, type Paint, paintIn, paintNothing, type Tone } from '../core/paint.js'
import { printable, redact } from '../core/text.js'
import { Failure } from '../errors.js'
import type { Terminal } from '../outside/terminal.js'
import type { Clock } from '../world.js'
import { whyNotInteractive } from './attended.js'
import { onExit } from './cleanup.js'
import { makeClock } from './clock.js'
import { type Output, output } from './output.js'

/** The flags that change the voice. */
export interface VoiceFlags {
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly noInput?: boolean
}

/** The terminal as `main.ts` knows it: it learns the flags only after they are parsed. */
export interface ObedientTerminal extends Terminal {
  obey(flags: VoiceFlags): void
}

/** What a test may replace; the process's own by default. */
export interface TerminalParts {
  readonly stdout?: Output
  readonly stderr?: Output
  readonly clock?: Pick<Clock, 'sleep'>
  readonly env?: Readonly<Record<string, string | undefined>>
  /** how long nothing must come after a typed line */
  readonly pauseMs?: number | undefined
}

/** Makes the terminal. Opens nothing yet. */
export function makeTerminal(parts: TerminalParts = {}): ObedientTerminal {
  // Without a listener, a write that fails would end the program with a stack.
  const stdout = parts.stdout ?? output(1)
  stdout.on('error', answerLost)
  const stderr = parts.stderr ?? output(2)
  stderr.on('error', () => {})
  const { sleep } = parts.clock ?? makeClock()
  const env = parts.env ?? process.env
  const painter = ({ isTTY }: Output): Paint => (isColoured(env, isTTY === true) ? paintIn : paintNothing)
  // A QR code has colours on every terminal: it cannot be scanned without.
  const takesColours = (out: Output) => out.isTTY === true || painter(out) === paintIn
  let flags: VoiceFlags = {}
  const talk: Talk = (line, tone, label = 'awsmfa:') => {
    const text = `awsmfa: ${clean(line)}\n`
    stderr.write(tone === undefined ? text : text.replace(label, (word) => painter(stderr)(word, tone)))
  }
  const say = (line: string) => void (flags.quiet || talk(line))
  const obstacle = () => whyNotInteractive(flags.noInput === true)
  const ask = (text: string, hidden: boolean) => question(text, hidden, obstacle(), parts.pauseMs)

  function answerLost({ code, message }: NodeJS.ErrnoException): void {
    // EPIPE: the pipe's reader left; EIO: the terminal hung up; the rest is how sockets and Node say the same.
    if (/^(EPIPE|EIO|ECONNRESET|ERR_STREAM_.*)$/.test(code ?? '')) return
    talk(`cannot write to stdout: ${message}`)
    process.exitCode = 3
  }

  return {
    obey(given) {
      flags = given
    },
    get interactive() {
      return obstacle() === undefined
    },
    get columns() {
      return stdout.columns || 80
    },
    get answersToTerminal() {
      return stdout.isTTY === true
    },
    paint: (text, tone) => painter(stdout)(text, tone),
    answer: (text) => void stdout.write(`${tame(text, takesColours(stdout))}\n`),
    say,
    warn: (line) => void (flags.quiet || talk(`warning: ${line}`, 'warn', 'warning:')),
    detail: (line) => void (flags.verbose && say(line)),
    fail: (failure) => explain(failure, flags.verbose === true, talk),
    // Exit codes above are those of signals.
    ifEnded: (line) => onExit(() => Number(process.exitCode) > 128 && say(line)),
    async countdown(ms, why) {
      if (!flags.quiet && stderr.isTTY === true && env.TERM !== 'dumb') {
        return await countDown(stderr, ms, why, sleep)
      }
      say(`${why}: ${seconds(ms)}`)
      await sleep(ms)
    },
    ask: (text) => ask(text, false),
    askHidden: (text) => ask(text, true),
    confirm: async (text) => /^y(es)?$/i.test((await ask(`${text} [y/N]`, false)).trim()),
  }
}

async function question(text: string, hidden: boolean, obstacle: string | undefined, pauseMs: number | undefined) {
  if (obstacle === undefined) {
    const { readLine } = await import('./prompt.js')
    return await readLine(`awsmfa: ${clean(text)} `, hidden, pauseMs)
  }
  // A seed is not offered as a flag: it would stand in the shell's history and in the process list.
  const otherwise = hidden ? '' : ', or give the value as a flag'
  const hint = `run it in a terminal without --no-input${otherwise}`
  throw new Failure('usage', `cannot ask "${text}": ${obstacle}`, hint)
}

/** Says one line; of it, `label` has the colour of `tone`. */
type Talk = (line: string, tone?: Tone, label?: string) => void

function explain(failure: Failure, verbose: boolean, talk: Talk): void {
  talk(failure.message, 'bad')
  for (const hint of failure.hints) talk(`hint: ${hint}`, 'hint', 'hint:')
  // Name and message only: a foreign error printed whole can carry request headers.
  for (let cause = failure.cause; verbose && cause instanceof Error; cause = cause.cause) {
    talk(`cause: ${cause.name}: ${cause.message}`)
  }
}

async function countDown(out: Output, ms: number, why: string, sleep: Clock['sleep']): Promise<void> {
  const erase = () => void out.write('\r\x1b[K')
  const forget = onExit(erase)
  try {
    for (let left = ms, step: number; left > 0; left -= step) {
      // A line that wraps cannot be rewritten.
      out.write(`\r\x1b[K${clean(`awsmfa: ${why}: ${seconds(left)}`).slice(0, (out.columns || 80) - 1)}`)
      step = left % 1000 || 1000
      await sleep(step)
    }
  } finally {
    forget()
    erase()
  }
}

function clean(line: string): string {
  return redact(printable(line))
}

/**
 * What drives a terminal or turns text around is spelled out, in a way that leaves JSON as it was; line ends, tabs and the
 * colours stay, these on a terminal only. The net under those who make an answer: what comes from a file they make printable.
 */
function tame(answer: string, coloured: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const unruly = /\x1b\[[\d;]*m|[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
  return answer.replace(unruly, (found) =>
    found.length > 1 && coloured ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}${found.slice(1)}`,
  )
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`
}

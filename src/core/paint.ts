/** Colours, for those who like them: the words alone say everything. */

export type Tone = 'ok' | 'warn' | 'bad' | 'hint'
/** Gives a word of ours its colour, or leaves it as it is. Text of others is not for it: it must be made harmless first. */
export type Paint = (text: string, tone: Tone) => string

/** Green, yellow, red, cyan of the terminal's own palette, which the person has made readable on their background. */
const colours: Readonly<Record<Tone, number>> = { ok: 32, warn: 33, bad: 31, hint: 36 }

export const paintIn: Paint = (text, tone) => `\x1b[${colours[tone]}m${text}\x1b[39m`
export const paintNothing: Paint = (text) => text

/**
 * Whether what goes to a stream is coloured. A wish counts before what the stream is, and the wish for none before all.
 *
 * @param env - `NO_COLOR` (no-color.org), `FORCE_COLOR` (force-color.org; `0` is none, as Node has it), `CLICOLOR=0` and
 *   `CLICOLOR_FORCE` (bixense.com/clicolors), `TERM=dumb`; what is empty is not set
 * @param isTerminal - whether the stream is one
 */
export function isColoured(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env.NO_COLOR || /^(0|false)$/i.test(env.FORCE_COLOR ?? '')) return false
  if (env.FORCE_COLOR || !/^0?$/.test(env.CLICOLOR_FORCE ?? '')) return true
  return isTerminal && env.CLICOLOR !== '0' && env.TERM !== 'dumb'
}

import { Failure } from '../../errors.js'
import { shellQuoted } from '../text.js'
import { checkJob, clockTimes, findMarker, formatMarker, type Job, type Marker } from './job.js'

/** Vixie cron and its descendants refuse longer commands. */
const longestCommand = 990

/**
 * A crontab with our job in it: in the place of an older one, else at the end. All other lines stay byte for byte.
 *
 * @param text - what `crontab -l` says, as latin1, so that every byte survives
 * @throws Failure `usage` when the job cannot be written down safely
 */
export function withJob(text: string, job: Job): string {
  const lines = split(text)
  const ours = findOurs(lines)
  const first = ours[0]
  const [before, after] = first === undefined ? [lines, []] : [lines.slice(0, first), lines.slice(first)]
  const keep = (start: number) => (_: string, index: number) => !ours.includes(start + index)
  const head = before.join('')
  const gap = head === '' || head.endsWith('\n') ? '' : '\n'
  return head + gap + cronLines(job) + after.filter(keep(before.length)).join('')
}

/** The same without our job. */
export function withoutJob(text: string): string {
  const lines = split(text)
  const ours = findOurs(lines)
  return lines.filter((_, index) => !ours.includes(index)).join('')
}

/** What the job in a crontab says about itself; `undefined` when there is none. */
export function findJob(text: string): Marker | undefined {
  const lines = split(text)
  const [first] = findOurs(lines)
  return first === undefined ? undefined : findMarker(lines[first] ?? '')
}

/**
 * The comment and the command that belong together. `ulimit`: a core file would hold the seed. `env` and not lines with
 * variables of their own: those would hold for the person's lines below, too.
 */
function cronLines(job: Job): string {
  checkJob(job)
  const assignments = Object.entries(job.env).map(([name, value]) => `${name}=${quote(value)}`)
  const words = ['/usr/bin/env', ...assignments, ...job.command.map(quote)]
  const command = `ulimit -c 0; exec ${words.join(' ')}`.replace(/%/g, '\\%')
  if (Buffer.byteLength(command) > longestCommand) {
    throw new Failure('usage', `the command is longer than the ${longestCommand} bytes that cron takes`, [
      'unset what the job does not need of the variables that are carried over, or use another scheduler',
    ])
  }
  const { minutes, hours } = clockTimes(job.timetable)
  const lines = `# ${formatMarker(job)}\n${minutes.join(',')} ${hours?.join(',') ?? '*'} * * * ${command}\n`
  return Buffer.from(lines).toString('latin1')
}

/** In single quotes a shell changes nothing. */
function quote(text: string): string {
  if (text.includes('\\')) {
    // crontab(5) gives `\%` a meaning, and the descendants of Vixie's cron do not agree on what `\\` is.
    throw new Failure(
      'usage',
      `cron cannot be trusted with the backslash in '${text}'`,
      'use another name or scheduler',
    )
  }
  return /^[\w@+=:,./-]+$/.test(text) ? text : shellQuoted(text)
}

/** Lines with their line ends. */
function split(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** The numbers of the lines that are ours: each marker, and the command below it, even when a person has put `#` before it. */
function findOurs(lines: readonly string[]): number[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith('# ') || findMarker(line) === undefined) return []
    return lines[index + 1]?.includes(' AWSMFA_RUN_BY=cron ') ? [index, index + 1] : [index]
  })
}

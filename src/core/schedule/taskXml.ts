import { Failure } from '../../errors.js'
import { xmlText } from '../text.js'
import { checkJob, formatMarker, type Job, mostMinutes } from './job.js'

/**
 * The definition of a task for Windows' Task Scheduler.
 *
 * - InteractiveToken ("only when the user is logged on"): with the other kinds the keychain or the network is shut.
 * - Through `conhost --headless`, because Node is a console program and a window would flash up at each run.
 * - A task has no environment of its own: the variables stand in a file that Node reads (`--env-file`).
 *
 * @param user - `DOMAIN\name`
 * @param envFile - absolute path of the file with {@link envFileText}
 * @throws Failure `usage` when the job cannot be written down safely
 * @see https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
 */
export function taskXml(job: Job, user: string, envFile: string): string {
  checkJob(job)
  const [node, ...rest] = job.command
  const words = ['--headless', node, `--env-file=${envFile}`, ...rest]
  for (const word of words) refuseVariables(word)
  const { everyMinutes, offsetMinutes } = job.timetable
  const two = (value: number) => String(value).padStart(2, '0')
  const start = `2026-01-01T${two(Math.floor(offsetMinutes / 60))}:${two(offsetMinutes % 60)}:00`
  const owner = xmlText(user)
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>${xmlText(formatMarker(job))}</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>${start}</StartBoundary>
      <Repetition>
        <Interval>PT${everyMinutes}M</Interval>
      </Repetition>
      <RandomDelay>PT1M</RandomDelay>
    </TimeTrigger>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${owner}</UserId>
      <Delay>PT1M</Delay>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${owner}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT${mostMinutes}M</ExecutionTimeLimit>
    <Hidden>true</Hidden>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\\System32\\conhost.exe</Command>
      <Arguments>${xmlText(words.map(quote).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

/** Task Scheduler replaces `%NAME%` and `$(Name)` in an action, and has no way to write them as they are. */
function refuseVariables(word: string): void {
  if (!/%.*%|\$\(/.test(word)) return
  throw new Failure('usage', `Task Scheduler would take a part of '${word}' for a variable`, [
    'install Node and awsmfa in a folder whose name has neither two % nor $(',
  ])
}

/**
 * As the C runtime and CommandLineToArgvW take words apart again: backslashes count only in front of a quote.
 *
 * @see https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 */
function quote(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`
}

/**
 * Variables in the form of Node's `--env-file`, each in quotes that it does not hold itself. Double quotes come last,
 * since a `\n` in them becomes a line end.
 *
 * @throws Failure `usage` for a value with all kinds of quotes
 */
export function envFileText(env: Readonly<Record<string, string>>): string {
  const lines = Object.entries(env).map(([name, value]) => {
    const mark = ["'", '`', '"'].find((each) => !value.includes(each) && !(each === '"' && value.includes('\\n')))
    if (mark !== undefined) return `${name}=${mark}${value}${mark}\n`
    throw new Failure(
      'usage',
      `${name} holds too many kinds of quotes to be written down`,
      'unset it, or rename the file',
    )
  })
  return lines.join('')
}

/** The opposite of {@link xmlText}, of text that some XML writer has made. */
export function fromXmlText(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '')
}

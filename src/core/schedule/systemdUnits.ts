import { signalled } from '../news.js'
import { checkJob, clockTimes, formatMarker, type Job, mostMinutes } from './job.js'

/**
 * The service and the timer of a systemd user manager, as text of unit files.
 *
 * @throws Failure `usage` when the job cannot be written down safely
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html
 */
export function systemdUnits(job: Job): { readonly service: string; readonly timer: string } {
  checkJob(job)
  const marker = `# ${formatMarker(job)}\n# made by awsmfa schedule install; awsmfa schedule remove takes it away`
  // The program's own path has no way to write a dollar sign, and must not hold quotes and backslashes; arguments may.
  const command = /["'\\$]/.test(job.command[0]) ? ['/usr/bin/env', ...job.command] : job.command
  const environment = Object.entries(job.env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}\n`)
  const service = `${marker}
[Unit]
Description=Renew AWS MFA sessions (awsmfa refresh)

[Service]
Type=oneshot
${environment.join('')}ExecStart=${command.map((word) => quote(word).replace(/\$/g, '$$$$')).join(' ')}
# try again later is no failure of the unit: the timer does it
SuccessExitStatus=4
TimeoutStartSec=${mostMinutes}min
# a core file would hold the seed
LimitCORE=0
`
  // Persistent makes up for runs that were slept through or lost to a shutdown; that takes a calendar, not an interval.
  const timer = `${marker}
[Unit]
Description=Renew AWS MFA sessions now and then (awsmfa refresh)

[Timer]
OnCalendar=${calendar(job)}
Persistent=true
RandomizedDelaySec=1min

[Install]
WantedBy=timers.target
`
  return { service, timer }
}

function calendar({ timetable }: Job): string {
  const { minutes, hours } = clockTimes(timetable)
  const list = (values: readonly number[]) => values.map((value) => String(value).padStart(2, '0')).join(',')
  return `*-*-* ${hours === undefined ? '*' : list(hours)}:${list(minutes)}:00`
}

/** systemd.syntax(7), "Quoting"; `%` begins a specifier, systemd.unit(5). */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/%/g, '%%')}"`
}

/** What `systemctl show` says of our timer and service. */
export interface SystemdNews {
  readonly active: boolean
  readonly nextRun: Date | undefined
  /** the last run that has ended */
  readonly lastRun: { readonly at: Date; readonly exitCode: number } | undefined
}

/** The properties that {@link readSystemdNews} reads. */
export const systemdProperties = [
  ...['ActiveState', 'NextElapseUSecRealtime'],
  ...['ExecMainExitTimestamp', 'ExecMainCode', 'ExecMainStatus'],
]
/** What ExecMainCode says of a death by signal, of which ExecMainStatus is then the number: waitid(2). */
const killed = ['2', '3']

/**
 * @param timer - of `systemctl show`, run with `LC_ALL=C TZ=UTC`: one `Name=value` a line
 * @param service - the same of the service
 */
export function readSystemdNews(timer: string, service: string): SystemdNews {
  const at = instant(property(service, 'ExecMainExitTimestamp'))
  const status = Number(property(service, 'ExecMainStatus'))
  const exitCode = killed.includes(property(service, 'ExecMainCode')) ? signalled + status : status
  return {
    active: property(timer, 'ActiveState') === 'active',
    nextRun: instant(property(timer, 'NextElapseUSecRealtime')),
    lastRun: at === undefined ? undefined : { at, exitCode },
  }
}

function property(text: string, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
}

/** Such as `Sun 2026-11-22 09:07:00 UTC`; empty or `n/a` when there is none. */
function instant(text: string): Date | undefined {
  const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? []
  return day === undefined ? undefined : new Date(`${day}T${time}Z`)
}

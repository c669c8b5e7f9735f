import { xmlText } from '../text.js'
import { checkJob, clockTimes, formatMarker, type Job } from './job.js'

export const launchAgentLabel = 'awsmfa.refresh'

/**
 * The property list of a LaunchAgent.
 *
 * - Aqua: only in the session of a person at the screen is the login keychain open.
 * - StartCalendarInterval, not StartInterval: what falls into sleep is made up for on waking, launchd.plist(5).
 * - RunAtLoad makes up for what fell into a shutdown.
 *
 * @throws Failure `usage` when the job cannot be written down safely
 */
export function launchAgent(job: Job): string {
  checkJob(job)
  const { minutes, hours } = clockTimes(job.timetable)
  const times = (hours ?? [undefined]).flatMap((hour) => minutes.map((minute) => ({ hour, minute })))
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${formatMarker(job)} -->
<!-- made by awsmfa schedule install; awsmfa schedule remove takes it away -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${launchAgentLabel}</string>
  <key>ProgramArguments</key>
  <array>
${job.command.map((word) => `    <string>${xmlText(word)}</string>`).join('\n')}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${Object.entries(job.env)
  .map(([name, value]) => `    <key>${name}</key>\n    <string>${xmlText(value)}</string>`)
  .join('\n')}
  </dict>
  <key>LimitLoadToSessionType</key>
  <string>Aqua</string>
  <key>RunAtLoad</key>
  <true/>
  <key>StartCalendarInterval</key>
  <array>
${times.map(({ hour, minute }) => `    <dict>${hour === undefined ? '' : number('Hour', hour)}${number('Minute', minute)}</dict>`).join('\n')}
  </array>
  <key>HardResourceLimits</key>
  <dict>${number('Core', 0)}</dict>
  <key>SoftResourceLimits</key>
  <dict>${number('Core', 0)}</dict>
</dict>
</plist>
`
}

function number(key: string, value: number): string {
  return `<key>${key}</key><integer>${value}</integer>`
}

import { parseCode } from '../core/code.js'
import { parseProfileName, parseSourceProfileName } from '../core/profile.js'
import { parseDurationSeconds, parseTimeSpan } from '../core/time.js'
import { group, on, type Value, type Values, valued } from './spec.js'

const asItIs = (text: string) => text

export const code: Value<string> = { name: 'CODE', kind: 'code', parse: parseCode }
export const commandLine: Value<string> = { name: 'COMMAND', kind: 'command', parse: asItIs }
export const file: Value<string> = { name: 'FILE', kind: 'file', parse: asItIs }
export const mfaProfile: Value<string> = { name: 'PROFILE', kind: 'mfa-profile', parse: parseProfileName }
export const name: Value<string> = { name: 'NAME', kind: 'text', parse: asItIs }
export const time: Value<number> = { name: 'TIME', kind: 'time', parse: parseTimeSpan }
export const arn: Value<string> = { name: 'ARN', kind: 'text', parse: asItIs }
export const profileName: Value<string> = { name: 'PROFILE', kind: 'profile', parse: parseSourceProfileName }
const serial: Value<string> = { name: 'SERIAL', kind: 'text', parse: asItIs }
const regionName: Value<string> = { name: 'REGION', kind: 'text', parse: asItIs }
const seconds: Value<number> = {
  name: 'SECONDS',
  kind: 'number',
  parse: (text, flag) => parseDurationSeconds(text, flag),
}

export const json = on('one JSON object on stdout, for programs')
export const region = valued(regionName, "the AWS region to ask; else the environment's, then the source profile's")
/** For commands about one profile that is enrolled already. */
export const enrolledProfile = valued(mfaProfile, 'which enrolled profile', {
  fallback: 'the only one there is',
  once: true,
})

/** For commands about long-term keys. */
export const sourceProfile = valued(profileName, 'the source profile, which holds the long-term keys', {
  fallback: 'the only one there is',
  once: true,
})

/** The flags that describe an enrolment. */
export const profileFlags = group('Profile', {
  profile: valued(profileName, 'the source profile, which holds the long-term keys', { fallback: 'default' }),
  mfaProfileName: valued(mfaProfile, 'the MFA profile, which awsmfa writes', { fallback: 'mfa', once: true }),
  serialNumber: valued(serial, 'the MFA device: its ARN, or the number on a hardware token', {
    fallback: 'remembered, else mfa_serial of the profiles',
  }),
  durationSeconds: valued(seconds, 'how long sessions last, 900 to 129600', {
    fallback: '43200, for a role 3600',
  }),
  region,
})

/** The flags of an enrolment under the names that commands use. */
export function settingsOf(flags: Omit<Values<typeof profileFlags>, 'mfaProfileName'>) {
  const { profile: sourceProfile, serialNumber, durationSeconds, region } = flags
  return { sourceProfile, serialNumber, durationSeconds, region }
}

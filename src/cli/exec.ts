import { Failure } from '../errors.js'
import { enrolledProfile, time } from './flags.js'
import { command, valued } from './spec.js'

/** What must be left of the session that a command is given. */
export const minRemaining = valued(time, 'renew first when less than this is left, such as 2h', { fallback: '15m' })
/** For commands that hand the session out. */
export const servedProfile = { ...enrolledProfile, fallback: 'mfa, or the only one there is' }

/** `awsmfa exec -- CMD` */
export const exec = command({
  about:
    'Run one command with the session in its environment. Streams, signals and exit code are its own.\n\n' +
    'It keeps these keys until it ends. What runs for longer than a session wants a profile with credential_process: awsmfa help credential-process.',
  examples: [
    'awsmfa exec -- terraform apply',
    'awsmfa exec --min-remaining 2h -- ./deploy.sh production',
    "awsmfa exec -- sh -c 'env | grep AWS_ | sort' # what the command sees",
  ],
  flags: { mfaProfileName: servedProfile, minRemaining },
  operand: { name: '-- CMD [ARG...]', many: true, verbatim: true, parse: commandOf },
  async run(world, { mfaProfileName: mfaProfile, minRemaining: minRemainingSeconds }, command) {
    const { exec } = await import('../commands/exec.js')
    await exec(world, { mfaProfile, minRemainingSeconds, command })
    return undefined
  },
})

function commandOf([name, ...args]: readonly string[]): readonly [string, ...string[]] {
  if (name) return [name, ...args]
  throw new Failure('usage', 'CMD is missing: the command to run', 'for example: awsmfa exec -- aws s3 ls')
}

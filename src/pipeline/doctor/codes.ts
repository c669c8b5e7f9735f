import { bad, type Check, failed, ok, warn } from '../../core/doctor/check.js'
import type { Enrolment } from '../../core/enrolment.js'
import { carriedEnv } from '../../core/schedule/carriedEnv.js'
import { Failure } from '../../errors.js'
import type { World } from '../../world.js'

/** Whether an enrolment's codes can be had: here, and where a scheduler starts the program. No code is made. */
export async function checkCodes(world: World, enrolment: Enrolment): Promise<readonly Check[]> {
  switch (enrolment.seedStore) {
    case 'keychain':
      return await checkKeychain(world, enrolment)
    case 'none':
      return [ok('codes', 'codes are typed: no seed is kept')]
    default:
      return [ok('codes', 'codes do not come from the keychain; that they come shows at the next refresh')]
  }
}

async function checkKeychain(world: World, { serialNumber, mfaProfile }: Enrolment): Promise<readonly Check[]> {
  const here = await lookIn(world, serialNumber, world.env)
  if (here instanceof Failure) return [failed('keychain', here)]
  const provider = await world.keychainProbe.provider(world.env)
  const from = provider === undefined ? '' : ` (${provider})`
  if (!here) {
    return [
      bad(
        'keychain',
        `the keychain${from} is open and holds no seed for ${serialNumber}`,
        `run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`,
      ),
    ]
  }
  return [ok('keychain', `the keychain${from} is open and holds the seed`), ...(await checkBare(world, serialNumber))]
}

/**
 * The same as under cron, which gives a job next to no environment. The other schedulers start their jobs within the
 * session, so this is left out where there is no cron.
 */
async function checkBare(world: World, serialNumber: string): Promise<readonly Check[]> {
  const { schedulers } = world.schedule
  if (schedulers.every(({ name }) => name !== 'cron')) return []
  const there = await lookIn(world, serialNumber, cronEnv(world))
  if (there === true) return [ok('keychain-unattended', 'so it is in the bare environment of a cron job')]
  const [why, hints] =
    there === false
      ? ['another keychain answers there, without the seed', ['compare DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR']]
      : [there.message, there.hints]
  return [
    warn(
      'keychain-unattended',
      `in the bare environment of a cron job it is not: ${why}`,
      ...hints,
      'a systemd user timer runs within the session: awsmfa schedule install --using systemd',
    ),
  ]
}

/** What cron sets, crontab(5), and what awsmfa writes into its line. PATH stays: tools are only looked for there. */
function cronEnv({ env, schedule }: World): World['env'] {
  const facts = schedule.facts()
  const { PATH, LOGNAME } = env
  return { HOME: facts.home, LOGNAME, PATH, SHELL: '/bin/sh', ...carriedEnv(env, 'cron', facts).env }
}

async function lookIn(world: World, serialNumber: string, env: World['env']): Promise<boolean | Failure> {
  try {
    return await world.keychainProbe.holdsSeed(serialNumber, env)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

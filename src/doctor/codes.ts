import { parseArgumentList } from '../core/argumentList.js'
import { bad, type Check, failed, ok, warn } from '../core/doctor/check.js'
import type { Enrolment } from '../core/enrolment.js'
import { carriedEnv } from '../core/schedule/carriedEnv.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** Whether an enrolment's codes can be had: here, and where a scheduler starts the program. No code is made. */
export async function checkCodes(world: World, enrolment: Enrolment): Promise<readonly Check[]> {
  switch (enrolment.seedStore) {
    case 'keychain':
      return await checkKeychain(world, enrolment)
    case 'none':
      return [ok('codes', 'codes are typed: no seed is kept')]
    case 'file':
      return [await checkSeedFile(world, enrolment)]
    case 'process':
      return [checkProcess(enrolment.mfaProcess)]
  }
}

async function checkSeedFile(world: World, enrolment: Enrolment & { seedStore: 'file' }): Promise<Check> {
  const path = world.seedFile.defaultPath(enrolment.serialNumber)
  // The person's command may ask for something, or cost a touch of a key.
  if (enrolment.seedKey.kind === 'passphrase-command') {
    return ok('seed-file', `the seed is in ${path}; its passphrase comes from a command, which is not run here`)
  }
  const place = { path, key: enrolment.seedKey }
  const held = await attempt(async () => (await world.seedFile.get(place)) !== undefined)
  if (held instanceof Failure) return failed('seed-file', held)
  if (held) return ok('seed-file', `${path} opens and holds the seed`)
  const { message, hints } = world.seedFile.absence(path)
  return bad('seed-file', message, ...hints, 'or run awsmfa enroll again')
}

/** A code of it would be spent for nothing, and may cost a touch of a key, so the command is only read. */
function checkProcess(command: string): Check {
  try {
    const [program] = parseArgumentList(command, 'mfa_process')
    return ok('mfa-process', `codes come from ${program} (mfa_process), which is not run here`)
  } catch (error) {
    if (error instanceof Failure) return failed('mfa-process', error)
    throw error
  }
}

async function checkKeychain(world: World, { serialNumber, mfaProfile }: Enrolment): Promise<readonly Check[]> {
  const here = await attempt(() => world.keychainProbe.holdsSeed(serialNumber, world.env))
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
  const schedulers = await world.schedule.schedulers()
  if (schedulers.every(({ name }) => name !== 'cron')) return []
  const bare = await cronEnv(world)
  const there = await attempt(() => world.keychainProbe.holdsSeed(serialNumber, bare))
  if (there === true)
    return [ok('keychain-unattended', 'the seed can be read in the bare environment of a cron job too')]
  const [why, hints] =
    there === false
      ? ['another keychain answers there, without the seed', ['compare DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR']]
      : [there.message, there.hints]
  return [
    warn(
      'keychain-unattended',
      `in the bare environment of a cron job it cannot be read: ${why}`,
      ...hints,
      'a systemd user timer runs within the session: awsmfa schedule install --using systemd',
    ),
  ]
}

/** What cron sets, crontab(5), and what awsmfa writes into its line. PATH stays: tools are only looked for there. */
async function cronEnv({ env, schedule }: World): Promise<World['env']> {
  const facts = await schedule.facts()
  const { PATH, LOGNAME } = env
  return { HOME: facts.home, LOGNAME, PATH, SHELL: '/bin/sh', ...carriedEnv(env, 'cron', facts).env }
}

async function attempt<T>(work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

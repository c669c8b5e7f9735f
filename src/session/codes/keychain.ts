import { bad, type Check, failed, ok, warn } from '../../core/doctor/check.js'
import { attempt, Failure } from '../../errors.js'
import type { World } from '../../world.js'
import type { Enrolment } from '../enrolment.js'
import type { CodeSourceOf, CodeSourceRow, Place, SeedStore } from './codeSource.js'
import { openSeed } from './openSeed.js'

/** The seed is in the OS keychain. */
export const keychainRow: CodeSourceRow<CodeSourceOf<'keychain'>> = {
  words: 'from the keychain',
  settings: [],
  read: () => ({ kind: 'keychain' }),
  write: () => ({}),
  store,
  needsLogin: true,
  runsProgram: () => false,
  // Where nobody is there it shows no dialog, and is given up after seconds.
  takesTime: ({ terminal }) => terminal.interactive,
  open: (world, enrolment, codes, meanwhile) => openSeed(store(world, { ...enrolment, codes }), enrolment, meanwhile),
  check,
}

function store({ keychain }: World, { serialNumber }: Place): SeedStore {
  return {
    name: 'the keychain',
    absence: () =>
      new Failure(
        'act',
        `the keychain holds no seed for ${serialNumber}`,
        'it was removed, or enrolled on another machine',
      ),
    get: (meanwhile) => keychain.get(serialNumber, meanwhile),
    set: (seed) => keychain.set(serialNumber, seed),
    delete: () => keychain.delete(serialNumber),
    check: async () => void (await keychain.get(serialNumber)),
  }
}

async function check(world: World, { serialNumber, mfaProfile }: Enrolment): Promise<readonly Check[]> {
  const here = await attempt(() => world.keychainProbe.holdsSeed(serialNumber, world.env))
  if (here instanceof Failure) return [failed('keychain', here)]
  const provider = await world.keychainProbe.provider(world.env)
  const from = provider === undefined ? '' : ` (${provider})`
  if (here)
    return [ok('keychain', `the keychain${from} is open and holds the seed`), ...(await checkBare(world, serialNumber))]
  return [
    bad(
      'keychain',
      `the keychain${from} is open and holds no seed for ${serialNumber}`,
      `run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`,
    ),
  ]
}

/**
 * The same as under cron, which gives a job next to no environment. The other schedulers start their jobs within the
 * session, so this is left out where there is no cron.
 */
async function checkBare(world: World, serialNumber: string): Promise<readonly Check[]> {
  const schedulers = await world.schedule.schedulers()
  if (schedulers.every(({ name }) => name !== 'cron')) return []
  // Tools are looked for in this PATH.
  const { jobEnv } = await import('../../core/schedule/surroundings.js')
  const bare = { ...jobEnv(world.env, 'cron', await world.schedule.facts()), PATH: world.env.PATH }
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

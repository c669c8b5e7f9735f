import { isVirtual } from '../core/iam.js'
import type { Seed } from '../core/seed.js'
import { defaultDurationSeconds } from '../core/time.js'
import { findDevice } from '../device/findDevice.js'
import { type SeedInput, seedInput } from '../device/seedInput.js'
import { attempt, Failure, SeedUnreadable } from '../errors.js'
import { updateStamp } from '../runs/outcome.js'
import { askCode } from '../session/askCode.js'
import {
  defaultMfaProfile,
  defaultSourceProfile,
  type Settings,
  serialNumberOf,
  usableEnrolment,
} from '../session/choose.js'
import { chooseCodeSource } from '../session/codes/choose.js'
import type { CodeSource, CodeSourceFlags, OpenSource, SeedSource, SeedStore } from '../session/codes/codeSource.js'
import { type NewIdentity, newIdentity } from '../session/codes/newIdentity.js'
import { expectNoSeedLost, forgetFormerSeed, holdersOf, holdsSeed, namingWaysOut } from '../session/codes/seeds.js'
import { isSeedSource, openCodes, seedStore } from '../session/codes/table.js'
import { tellEnrolled } from '../session/enrolled.js'
import type { Enrolment } from '../session/enrolment.js'
import { passGate } from '../session/gate.js'
import type { AwsProfiles } from '../session/profiles.js'
import { Run } from '../session/run.js'
import { sessionFor } from '../session/sessionFor.js'
import { rehearse, takeBackProfile, writeEnrolments } from '../session/write.js'
import type { World } from '../world.js'

export interface EnrollOptions extends Settings, SeedInput, CodeSourceFlags {
  readonly mfaProfile?: string | undefined
  readonly region?: string | undefined
  /** a device that is enrolled already gets the new seed without a question */
  readonly replace: boolean
  /** a profile that is enrolled with these settings already is left as it is */
  readonly ifNeeded?: boolean | undefined
}

/**
 * Enrols one MFA profile. It proves itself with one real session before it keeps anything, so a mistyped seed, a wrong
 * serial number or keys of another user are found now and not in tomorrow's cron job.
 *
 * @throws Failure; then nothing was stored anywhere
 */
export async function enroll(world: World, options: EnrollOptions): Promise<void> {
  const run = await Run.start(world)
  const profiles = await run.read()
  const before = await usableEnrolment(profiles, options.mfaProfile ?? defaultMfaProfile)
  const enrolment = await describe(run, profiles, options, before)
  if (options.ifNeeded && JSON.stringify(before) === JSON.stringify(enrolment) && (await holdsSeed(world, enrolment))) {
    return world.terminal.say(`profile ${enrolment.mfaProfile} is enrolled already, and nothing was changed`)
  }
  passGate(profiles, enrolment)
  await rehearse(run, profiles, [enrolment])
  const { codes } = enrolment
  await expectNoSeedLost(profiles, enrolment, codes.kind !== 'none' || world.terminal.interactive)
  if (isSeedSource(codes)) return await enrollSeed(run, { ...enrolment, codes }, options, before)
  const typed = codes.kind === 'none' ? await typedNow(world, enrolment) : undefined
  // While it is at it, no other run moves or forgets the seed that the profile had.
  await world.lock.hold('devices', async () => {
    const now = await usableEnrolment(await run.read(), enrolment.mfaProfile)
    if (codes.kind === 'process') await prove(run, enrolment, options, await openCodes(world, enrolment))
    else if (typed !== undefined) await prove(run, enrolment, options, typed)
    else await enrollUnproven(run, enrolment)
    await forgetFormerSeed(run, now, enrolment)
  })
}

type SeedEnrolment = Enrolment & { readonly codes: SeedSource }

/**
 * The new seed is proven, then safe in its store, and only then does the profile name it; the old one goes last. Cut short
 * anywhere, it leaves a profile that refreshes or one that never was, and the same command goes on.
 */
async function enrollSeed(
  run: Run,
  enrolment: SeedEnrolment,
  options: EnrollOptions,
  before: Enrolment | undefined,
): Promise<void> {
  const { world } = run
  const { serialNumber } = enrolment
  const identity = await newIdentity(world, run.profiles ?? (await run.read()), options.newIdentity, serialNumber)
  let kept = false
  const keep = () => {
    kept = true
    identity.keep()
  }
  try {
    const { seed: held, inUse } = await heldSeed(run, enrolment, before)
    // What is in the file was opened with the key that it has; whether the new one is one is found out before a code is spent.
    const kinds = [before?.codes.kind, enrolment.codes.kind]
    const other = JSON.stringify(before?.codes) !== JSON.stringify(enrolment.codes)
    if (other && kinds.every((kind) => kind === 'file')) await seedStore(world, enrolment).check()
    const { interactive } = world.terminal
    const unsaid = inUse && !options.replace
    if (unsaid && interactive) await confirmReplacing(world, serialNumber)
    const seed = await seedInput(world, serialNumber, options)
    // The same seed replaces nothing: it is the same command again, after it was cut short.
    if (unsaid && !interactive && !held?.equals(seed)) await confirmReplacing(world, serialNumber)
    await world.lock.hold('devices', () => keepProven(run, enrolment, options, seed, { ...identity, keep }))
  } catch (error) {
    if (!kept) identity.drop()
    throw error
  }
}

/** While it is at it, no other run moves or forgets the seed: what was found out before may be so no longer. */
async function keepProven(
  run: Run,
  enrolment: SeedEnrolment,
  options: EnrollOptions,
  seed: Seed,
  identity: NewIdentity,
): Promise<void> {
  const profiles = await run.read()
  const before = await usableEnrolment(profiles, enrolment.mfaProfile)
  const { seed: held } = await heldSeed(run, enrolment, before)
  const store = seedStore(run.world, enrolment)
  let touched = false
  try {
    await prove(run, enrolment, options, { seed }, async () => {
      touched = true
      // What changes its place, or the key to it, is kept anew.
      const stays = JSON.stringify(before?.codes) === JSON.stringify(enrolment.codes)
      if (!stays || held?.equals(seed) !== true) await store.set(seed)
      identity.keep()
    })
  } catch (error) {
    if (touched) await takeBackSeed(run, enrolment, store, held)
    if (await takeBackProfile(run, profiles, enrolment.mfaProfile)) identity.drop()
    throw error
  }
  await forgetFormerSeed(run, before, enrolment)
}

/**
 * The seed that the place holds now, and whether a profile uses it: one that none uses was left by a run that was cut
 * short, and needs no question.
 */
async function heldSeed(
  run: Run,
  enrolment: SeedEnrolment,
  before: Enrolment | undefined,
): Promise<{ seed: Seed | undefined; inUse: boolean }> {
  const waysOut = '--seed-store file --new-identity FILE, --mfa-process COMMAND or --hardware-token'
  // The key to a file may be a new one; what is there now is opened by the old one.
  const same = before?.serialNumber === enrolment.serialNumber && before.codes.kind === enrolment.codes.kind
  const place = (same ? seedStore(run.world, before) : undefined) ?? seedStore(run.world, enrolment)
  const held = await attempt(() => namingWaysOut(place.get(), enrolment.codes, waysOut))
  const inUse = run.profiles !== undefined && holdersOf(run.profiles, enrolment).length > 0
  if (!(held instanceof Failure)) return { seed: held, inUse: inUse && held !== undefined }
  if (!(held instanceof SeedUnreadable)) throw held
  return { seed: undefined, inUse }
}

/** Without a seed there is nothing to store; a code typed now proves the rest, where there is somebody to type it. */
async function typedNow(world: World, { serialNumber }: Enrolment): Promise<OpenSource | undefined> {
  return world.terminal.interactive ? { typed: await askCode(world, `code of ${serialNumber}:`) } : undefined
}

async function enrollUnproven(run: Run, enrolment: Enrolment): Promise<void> {
  const { world } = run
  const { mfaProfile: name } = enrolment
  await world.lock.hold('session', async () => {
    const profiles = await run.read()
    passGate(profiles, enrolment)
    await writeEnrolments(run, profiles, [enrolment])
  })
  await updateStamp(run)
  world.terminal.say(
    `profile ${name} is enrolled without a proof: type a code with awsmfa --mfa-profile-name ${name} CODE`,
  )
}

/** Gets one real session with the new settings, and writes both. */
async function prove(
  run: Run,
  enrolment: Enrolment,
  { region }: EnrollOptions,
  source: OpenSource,
  first?: () => Promise<void>,
): Promise<void> {
  try {
    const wanted = { enrolments: () => [enrolment], force: true, source, region }
    const { session } = await sessionFor(run, first === undefined ? wanted : { ...wanted, first })
    if (session === undefined) throw new Error('a session was not even asked for')
    await tellEnrolled(run, enrolment, session)
  } finally {
    if (run.clock.complaint !== undefined) run.world.terminal.warn(run.clock.complaint)
  }
}

async function describe(
  run: Run,
  profiles: AwsProfiles,
  options: EnrollOptions,
  before: Enrolment | undefined,
): Promise<Enrolment> {
  const { world } = run
  const mfaProfile = options.mfaProfile ?? defaultMfaProfile
  const sourceProfile = options.sourceProfile ?? before?.sourceProfile ?? defaultSourceProfile
  const serialNumber =
    serialNumberOf(profiles, mfaProfile, sourceProfile, options.serialNumber) ??
    (await findDevice(run, profiles, { mfaProfile, sourceProfile, region: options.region }))
  const codes = chooseCodeSource(world, options, before)
  if (isSeedSource(codes) && !isVirtual(serialNumber)) {
    throw new Failure('usage', `'${serialNumber}' is a hardware token, whose seed nobody can read`, [
      'add --hardware-token: awsmfa then keeps the settings, and you type each code',
    ])
  }
  const durationSeconds = options.durationSeconds ?? before?.durationSeconds ?? defaultDurationSeconds
  const sameDevice = before?.serialNumber === serialNumber
  return {
    mfaProfile,
    sourceProfile,
    serialNumber,
    durationSeconds,
    codes: placed(world, serialNumber, codes, sameDevice),
  }
}

/**
 * A seed file is found by its path from anywhere: XDG_DATA_HOME of another moment leads elsewhere. Another device's file is
 * not written over.
 */
function placed(world: World, serialNumber: string, codes: CodeSource, sameDevice: boolean): CodeSource {
  if (codes.kind !== 'file') return codes
  return { ...codes, path: (sameDevice ? codes.path : undefined) ?? world.seedFile.defaultPath(serialNumber) }
}

async function confirmReplacing({ terminal }: World, serialNumber: string): Promise<void> {
  const known = `${serialNumber} is enrolled already`
  if (!terminal.interactive) {
    throw new Failure('usage', known, 'add --replace to put another seed in its place once it has passed')
  }
  const yes = await terminal.confirm(`${known}. replace its seed once the new one has passed?`)
  if (!yes) throw new Failure('usage', `${known} and stays as it is`, 'nothing was changed')
}

async function takeBackSeed(
  { world }: Run,
  { serialNumber }: Enrolment,
  store: SeedStore,
  held: Seed | undefined,
): Promise<void> {
  const back = await attempt(async () => (held === undefined ? void (await store.delete()) : await store.set(held)))
  if (!(back instanceof Failure)) return
  world.terminal.warn(`${store.name} does not tell whether it holds the seed of ${serialNumber} now`)
}

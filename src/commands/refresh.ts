import { isChained } from '../core/role.js'
import { inWords, localTime } from '../core/time.js'
import { Failure, type FailureKind } from '../errors.js'
import { updateStamp } from '../runs/outcome.js'
import { Report } from '../runs/report.js'
import { defaultMfaProfile, enrolmentWith, firstStep, notEnrolled, type Settings } from '../session/choose.js'
import type { OpenSource } from '../session/codes/codeSource.js'
import type { Enrolment } from '../session/enrolment.js'
import { expectPossible, secondsLeft } from '../session/freshness.js'
import { readNews } from '../session/news.js'
import type { AwsProfiles } from '../session/profiles.js'
import { needsCode } from '../session/role.js'
import { Run } from '../session/run.js'
import type { Served } from '../session/sessionFor.js'
import type { World } from '../world.js'

export interface RefreshOptions extends Settings {
  /** the MFA profiles to renew; none named means every enrolled one */
  readonly mfaProfiles: readonly string[]
  /** none named means profile `mfa`, or the only enrolled one */
  readonly one?: boolean | undefined
  readonly region?: string | undefined
  /** what counts as enough time left; the rule of session/freshness.ts when absent */
  readonly minRemainingSeconds?: number | undefined
  /** renew even what is still good */
  readonly force: boolean
  /** a typed code: manual mode */
  readonly code?: string | undefined
  /** say nothing of what the next run mends by itself, when nobody is there: cron would send it as a mail */
  readonly quiet: boolean
}

/** Enrolments that one session serves: of one device, one source profile, one duration and one role, if any. */
type Group = readonly [Enrolment, ...Enrolment[]]

/**
 * Renews every chosen MFA profile that needs it. One profile's failure does not stop the others.
 *
 * @returns the kind of the gravest failure that was told, `undefined` when all is well
 * @throws Failure that concerns the whole run: unreadable files, nothing enrolled, wrong flags
 */
export async function refresh(world: World, options: RefreshOptions): Promise<FailureKind | undefined> {
  const run = await Run.start(world)
  const report = new Report(run, options)
  try {
    await refreshAll(run, options, report)
  } catch (error) {
    // Nothing is known of the profiles yet: this concerns the run.
    const told = error instanceof Failure ? await report.tells([], error) : true
    if (error instanceof Failure) await report.keep(error.kind)
    if (told || !(error instanceof Failure)) throw error
    return error.kind
  } finally {
    await updateStamp(run)
  }
  await report.keep(report.gravest)
  await endRotations(run)
  return report.gravest
}

/** Any run deletes old keys whose time has come; where there are none, that is one look into a small file. */
async function endRotations(run: Run): Promise<void> {
  if (!(await readNews(run.world, 'keys.json'))?.includes('"inactive"')) return
  const { deleteDueKeys } = await import('../keys/finish.js')
  await deleteDueKeys(run)
}

async function refreshAll(run: Run, options: RefreshOptions, report: Report): Promise<void> {
  const profiles = await run.read()
  const chosen: Enrolment[] = []
  for (const mfaProfile of choose(profiles, options)) {
    await report.attempt([mfaProfile], async () => {
      const enrolment = enrolmentFor(profiles, mfaProfile, options)
      if (enrolment !== undefined) chosen.push(enrolment)
      else throw notEnrolled(profiles, mfaProfile, firstStep)
    })
  }
  const groups = groupsOf(chosen.filter((enrolment) => !tellFresh(run, enrolment, options)))
  // A role that is taken with the session of another group takes no code.
  if (options.code !== undefined && groups.filter(([first]) => !isChained(first)).length > 1) {
    throw new Failure('usage', 'one code cannot serve several sessions', 'name one profile with --mfa-profile-name')
  }
  for (const group of groups) {
    await report.attempt(namesOf(group), async () => {
      const source = await typedSource(run, profiles, group, options)
      if (source !== 'none') await renew(run, group, source, options)
    })
  }
  if (run.clock.complaint !== undefined) run.world.terminal.warn(run.clock.complaint)
}

/** The names of the MFA profiles that the command line speaks of. */
function choose(profiles: AwsProfiles, options: RefreshOptions): readonly string[] {
  if (options.mfaProfiles.length > 0) return [...new Set(options.mfaProfiles)]
  const describesOne = options.serialNumber !== undefined || options.sourceProfile !== undefined
  const enrolled = profiles.enrolled()
  if (describesOne || (enrolled.length === 0 && options.code !== undefined)) return [defaultMfaProfile]
  if (options.one && enrolled.length > 1) return [defaultMfaProfile]
  if (enrolled.length > 0) return enrolled
  throw new Failure('act', 'no MFA profile is enrolled', firstStep)
}

/** @returns `undefined` for what is not enrolled, unless the flags describe it */
function enrolmentFor(profiles: AwsProfiles, mfaProfile: string, options: RefreshOptions): Enrolment | undefined {
  const manual = options.code !== undefined || options.serialNumber !== undefined || options.sourceProfile !== undefined
  const enrolment = profiles.enrolment(mfaProfile)
  if (!manual && (enrolment === undefined || options.durationSeconds === undefined)) return enrolment
  return enrolmentWith(profiles, mfaProfile, options)
}

/** Says how long a profile is good yet, when it need not be renewed. */
function tellFresh(run: Run, enrolment: Enrolment, options: RefreshOptions): boolean {
  if (forced(options)) return false
  const { mfaProfile, durationSeconds } = enrolment
  const minRemainingSeconds = leastRemaining(enrolment, options)
  const { session } = run.standing(mfaProfile, durationSeconds)
  expectPossible(enrolment, minRemainingSeconds)
  if (!run.isFresh(mfaProfile, durationSeconds, minRemainingSeconds)) return false
  run.world.terminal.say(`profile ${mfaProfile} is still good for ${inWords(secondsLeft(session, run.clock.now()))}`)
  return true
}

/** What is asked of all profiles at once, such as two hours, no role of one hour can have: it keeps to the rule. */
function leastRemaining({ mfaProfile, role, durationSeconds }: Enrolment, options: RefreshOptions): number | undefined {
  const { minRemainingSeconds: asked, mfaProfiles } = options
  const tooMuch = role !== undefined && !mfaProfiles.includes(mfaProfile) && (asked ?? 0) >= durationSeconds
  return tooMuch ? undefined : asked
}

function forced({ force, code }: RefreshOptions): boolean {
  return force || code !== undefined
}

function groupsOf(enrolments: readonly Enrolment[]): Group[] {
  const groups = new Map<string, [Enrolment, ...Enrolment[]]>()
  for (const enrolment of enrolments) {
    const known = groups.get(keyOf(enrolment))
    if (known === undefined) groups.set(keyOf(enrolment), [enrolment])
    else known.push(enrolment)
  }
  // Roles are taken with the sessions of the others.
  const hasRole = ([{ role }]: Group) => Number(role !== undefined)
  return [...groups.values()].sort((one, other) => hasRole(one) - hasRole(other))
}

function keyOf({ serialNumber, sourceProfile, durationSeconds, codes, role }: Enrolment): string {
  return JSON.stringify([serialNumber, sourceProfile, durationSeconds, codes, role])
}

/**
 * The code that is typed for a group, on the command line or now; everything that can fail without it has been tried then.
 *
 * @returns `undefined` when its codes come from elsewhere, `none` when nobody can type one and nobody has asked for it
 */
async function typedSource(
  run: Run,
  profiles: AwsProfiles,
  group: Group,
  options: RefreshOptions,
): Promise<OpenSource | undefined | 'none'> {
  if (options.code !== undefined) return { typed: options.code }
  const [{ serialNumber, codes }] = group
  if (codes.kind !== 'none' || !(await needsCode(run, profiles, group[0]))) return undefined
  const { terminal } = run.world
  const names = namesOf(group)
  if (terminal.interactive) {
    const { passGate } = await import('../session/gate.js')
    const { rehearse } = await import('../session/write.js')
    const { askCode } = await import('../session/askCode.js')
    for (const enrolment of group) passGate(profiles, enrolment)
    await rehearse(run, profiles, group)
    return { typed: await askCode(run.world, `code of ${serialNumber} for profile ${names.join(', ')}:`) }
  }
  if (names.some((name) => options.mfaProfiles.includes(name))) {
    throw new Failure('act', `profile ${names.join(', ')} needs a typed code and nobody is there to type it`, [
      `run in a terminal: awsmfa --mfa-profile-name ${names[0]} CODE`,
    ])
  }
  terminal.say(`profile ${names.join(', ')} is skipped: its codes are typed, and nobody is there to type one`)
  return 'none'
}

/** One session for a group; which profiles still belong to it is found out anew whenever the files are read. */
async function renew(run: Run, group: Group, source: OpenSource | undefined, options: RefreshOptions): Promise<void> {
  const names = namesOf(group)
  // What renews is loaded when something is due only.
  const { sessionFor } = await import('../session/sessionFor.js')
  const served = await sessionFor(run, {
    enrolments: (profiles) => {
      const now = names.flatMap((name) => enrolmentFor(profiles, name, options) ?? [])
      return now.filter((enrolment) => keyOf(enrolment) === keyOf(now[0] ?? enrolment))
    },
    force: forced(options),
    minRemainingSeconds: leastRemaining(group[0], options),
    region: options.region,
    ...(source === undefined ? {} : { source }),
  })
  announce(run, group, served, options)
}

function announce(run: Run, group: Group, { session, renewed }: Served, { durationSeconds }: RefreshOptions): void {
  const { terminal, env } = run.world
  if (session === undefined) {
    terminal.say(`profile ${namesOf(group).join(', ')} is not enrolled any more`)
    return
  }
  const left = inWords(secondsLeft(session, run.clock.now()))
  if (renewed.length === 0) {
    terminal.say(`profile ${namesOf(group).join(', ')} is still good for ${left}`)
    return
  }
  terminal.say(`profile ${namesOf(renewed).join(', ')} is good until ${localTime(session.expiration)} (${left})`)
  if (durationSeconds !== undefined && group.some((each) => each.durationSeconds !== durationSeconds)) {
    terminal.say(`its sessions last ${inWords(durationSeconds)} from now on`)
  }
  if (terminal.interactive && env.AWS_ACCESS_KEY_ID !== undefined) {
    terminal.warn('AWS_ACCESS_KEY_ID is set in this shell and most tools take it before any profile: unset it')
  }
}

function namesOf(enrolments: readonly Enrolment[]): string[] {
  return enrolments.map(({ mfaProfile }) => mfaProfile)
}

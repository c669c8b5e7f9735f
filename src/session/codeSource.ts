import { parseArgumentList } from '../core/argumentList.js'
import { isCode } from '../core/code.js'
import type { Enrolment } from '../core/enrolment.js'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import { seedStoreOf } from './seedStore.js'
import type { CodeSource } from './session.js'

/**
 * Opens the place that an enrolment's codes come from.
 *
 * @throws Failure `act` when it is closed or empty, or when the codes are typed
 */
export async function openCodeSource(world: World, enrolment: Enrolment): Promise<CodeSource> {
  const { serialNumber, mfaProfile } = enrolment
  if (enrolment.seedStore === 'process') return askProgram(world, enrolment.mfaProcess)
  const store = seedStoreOf(world, enrolment)
  if (store === undefined) {
    throw new Failure('act', `the codes of profile ${mfaProfile} are typed: awsmfa has no seed for ${serialNumber}`, [
      'read the code from the device; or run awsmfa enroll, if you have the seed or a command that prints codes',
    ])
  }
  const seed = await store.get()
  if (seed !== undefined) return { seed }
  const { kind, message, hints } = store.absence()
  const otherwise = `run awsmfa enroll again, or type a code: awsmfa --mfa-profile-name ${mfaProfile} CODE`
  throw new Failure(kind, message, [...hints, otherwise])
}

/**
 * A source that asks a program of the person's for each code.
 *
 * @param command - what `mfa_process` says
 * @throws Failure `act` when it cannot be run without a shell
 */
export function askProgram(world: World, command: string): CodeSource {
  const [program, ...args] = parseArgumentList(command, 'mfa_process')
  return {
    async ask() {
      const code = (await world.programs.output([program, ...args])).trim()
      if (isCode(code)) return code
      // What it printed may be a seed or a password, so it is not repeated.
      throw new Failure('act', `mfa_process printed no code: ${program} must print six digits and nothing else`, [
        'run the same command yourself and look at its output',
      ])
    },
  }
}

import {
  accountIn,
  credentialObject,
  credentialVariables,
  leastForCommand,
  otherCredentials,
} from '../core/credential.js'
import { type ExportFormat, exportText } from '../core/exportText.js'
import { Failure } from '../errors.js'
import { Run } from '../session/run.js'
import { chooseServed, leastSeconds, serve } from '../session/serve.js'
import type { World } from '../world.js'

export interface ExportOptions {
  readonly mfaProfile?: string | undefined
  readonly minRemainingSeconds?: number | undefined
  readonly format: ExportFormat
  /** on a terminal too */
  readonly yes: boolean
}

/**
 * Answers with the session as text.
 *
 * @throws Failure `usage` when a terminal would show it, or the format cannot say it; `act` or `retry` when none is to be had
 */
export async function exportSession(world: World, options: ExportOptions): Promise<void> {
  const { format, yes } = options
  if (world.terminal.answersToTerminal && !yes) {
    throw new Failure('usage', 'stdout is a terminal, which would show the session and keep it in its history', [
      'take it in: eval "$(awsmfa export)"; or give --yes, if it is to be shown',
    ])
  }
  const run = await Run.start(world)
  const profiles = await run.read()
  const enrolment = chooseServed(profiles, options.mfaProfile)
  const { mfaProfile } = enrolment
  const least = leastSeconds(enrolment, { asked: options.minRemainingSeconds, usual: leastForCommand })
  const session = await serve(run, enrolment, least)
  if (format === 'json') {
    world.terminal.answer(credentialObject(session, accountIn(profiles.keys('config', mfaProfile) ?? {})))
    return
  }
  const variables = credentialVariables(session, profiles.setting(mfaProfile, 'region'))
  world.terminal.answer(exportText(format, variables, otherCredentials(world.env, format === 'powershell')))
}

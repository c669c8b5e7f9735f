import { ok } from '../../core/doctor/check.js'
import { Failure } from '../../errors.js'
import type { CodeSourceOf, CodeSourceRow } from './codeSource.js'

/** The person types each code: hardware tokens, and devices whose seed nobody has. */
export const typedRow: CodeSourceRow<CodeSourceOf<'none'>> = {
  words: 'typed',
  settings: [],
  read: () => ({ kind: 'none' }),
  write: () => ({}),
  needsLogin: true,
  runsProgram: () => false,
  takesTime: () => true,
  open: async (_, { mfaProfile, serialNumber }) => {
    throw new Failure('act', `the codes of profile ${mfaProfile} are typed: awsmfa has no seed for ${serialNumber}`, [
      'read the code from the device; or run awsmfa enroll, if you have the seed or a command that prints codes',
    ])
  },
  check: async () => [ok('codes', 'codes are typed: no seed is kept')],
}

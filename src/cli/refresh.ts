import { refresh as renew } from '../commands/refresh.js'
import { code, mfaProfile, profileFlags, settingsOf, time } from './flags.js'
import { command, group, on, repeated, valued } from './spec.js'

/** `awsmfa refresh` */
export const refresh = command({
  about: 'Renew every enrolled profile that needs it. Needs no input, and spends no code on what is still good.',
  examples: [
    'awsmfa refresh',
    'awsmfa refresh --mfa-profile-name work-mfa --force',
    'awsmfa refresh --min-remaining 2h --quiet # from cron',
    'awsmfa refresh --code 123456 # typed, as with a hardware token',
  ],
  flags: {
    ...group('When', {
      minRemaining: valued(time, 'renew when less than this is left, such as 2h', { fallback: 'half of the duration' }),
      force: on('renew what is still good, too'),
      code: valued(code, 'use this code, not a computed one'),
    }),
    ...profileFlags,
    mfaProfileName: repeated(mfaProfile, 'an MFA profile to renew; can be given several times', {
      group: 'Profile',
      fallback: 'all that are enrolled',
    }),
  },
  async run(world, { mfaProfileName, minRemaining, force, code, quiet, ...settings }) {
    const when = { minRemainingSeconds: minRemaining, force, code, quiet }
    return await renew(world, { ...settingsOf(settings), mfaProfiles: mfaProfileName, ...when })
  },
})

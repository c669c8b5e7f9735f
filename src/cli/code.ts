import { enrolledProfile } from './flags.js'
import { command, on } from './spec.js'

/** `awsmfa code` */
export const code = command({
  about: 'Print one unused code, for the console sign-in.',
  examples: [
    'awsmfa code',
    'awsmfa code --copy # to the clipboard, not to the screen',
    'awsmfa code --mfa-profile-name work-mfa',
  ],
  flags: { mfaProfileName: enrolledProfile, copy: on('put the code into the clipboard instead') },
  async run(world, { mfaProfileName: mfaProfile, copy }) {
    const { code } = await import('../commands/code.js')
    await code(world, { mfaProfile, copy })
  },
})

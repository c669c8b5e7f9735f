import { enrolledProfile, region } from './flags.js'
import { command } from './spec.js'

/** `awsmfa resync` */
export const resync = command({
  about: "Bring AWS's idea of the device's clock in line again, when AWS refuses good codes.",
  examples: ['awsmfa resync', 'awsmfa resync --mfa-profile-name work-mfa'],
  flags: { mfaProfileName: enrolledProfile, region },
  async run(world, { mfaProfileName: mfaProfile, region }) {
    const { resync } = await import('../commands/resync.js')
    await resync(world, { mfaProfile, region })
  },
})

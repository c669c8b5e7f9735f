import { enrolledProfile, region } from './flags.js'
import { command, on } from './spec.js'

/** `awsmfa unenroll` */
export const unenroll = command({
  about: 'Forget the seed and the settings of one profile.',
  examples: [
    'awsmfa unenroll',
    'awsmfa unenroll --mfa-profile-name work-mfa --purge',
    'awsmfa unenroll --delete-device # the device that enroll --create has made',
  ],
  flags: {
    mfaProfileName: enrolledProfile,
    purge: on("remove the profile's session too"),
    deleteDevice: on('delete the MFA device at AWS too, when awsmfa has made it', { conflicts: ['keepDevice'] }),
    keepDevice: on('leave the device enabled at AWS, although its seed is forgotten here'),
    region,
  },
  async run(world, { mfaProfileName: mfaProfile, purge, deleteDevice, keepDevice, region }) {
    const { unenroll } = await import('../commands/unenroll.js')
    await unenroll(world, { mfaProfile, purge, deleteDevice, keepDevice, region })
    return undefined
  },
})

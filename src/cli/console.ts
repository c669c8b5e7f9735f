import { parseService } from '../core/console.js'
import { enrolledProfile } from './flags.js'
import { command, on, type Value, valued } from './spec.js'

const service: Value<string> = { name: 'SERVICE', kind: 'text', parse: parseService }

/** `awsmfa console` */
export const console = command({
  about:
    'Print an address that signs in to the AWS console with the session of a role profile.\n\n' +
    'The address is a secret: for 15 minutes it signs in whoever has it. --open hands it to the browser without showing it.',
  examples: [
    'awsmfa console --open',
    'awsmfa console --mfa-profile-name prod-session --service s3 # prints the address',
  ],
  flags: {
    mfaProfileName: { ...enrolledProfile, fallback: 'the only one with a role' },
    open: on('open it in the browser, and print nothing'),
    service: valued(service, "which page, by the console's own name for the service, such as s3"),
  },
  async run(world, { mfaProfileName: mfaProfile, open, service }) {
    const { openConsole } = await import('../commands/console.js')
    await openConsole(world, { mfaProfile, open, service })
    return undefined
  },
})

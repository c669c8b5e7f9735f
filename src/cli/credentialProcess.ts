import { servedProfile } from './exec.js'
import { command, on } from './spec.js'

/** `awsmfa credential-process` */
export const credentialProcess = command({
  about:
    'Print the session as JSON for credential_process, with at least 20 minutes left: programs that run for days ask again when they need a new one.\n\n' +
    'Write the line into a profile of its own, since the keys in the MFA profile go before it. --print-config shows the profile for this machine, with absolute paths.',
  examples: ['awsmfa credential-process --print-config >> ~/.aws/config', 'aws s3 ls --profile mfa-process'],
  flags: {
    mfaProfileName: servedProfile,
    printConfig: on('print the profile to write into the config file instead; writes nothing itself'),
  },
  isBehindProgram: ({ printConfig }) => !printConfig,
  async run(world, { mfaProfileName: mfaProfile, printConfig }) {
    const { credentialProcess } = await import('../commands/credentialProcess.js')
    await credentialProcess(world, { mfaProfile, printConfig })
    return undefined
  },
})

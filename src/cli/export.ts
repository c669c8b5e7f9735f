import { exportFormats } from '../core/exportText.js'
import { minRemaining, servedProfile } from './exec.js'
import { choice, command, on, valued } from './spec.js'

/** `awsmfa export` */
export const exportCommand = command({
  about:
    'Print the session as text, for a shell to evaluate or a program to read. Shells are told to forget AWS_PROFILE and other settings that would win over it.\n\n' +
    'json is the form of credential_process, dotenv is for docker run --env-file and its like. Whoever sees the text has the session until it ends.',
  examples: [
    'awsmfa export --format fish | source',
    'eval "$(awsmfa export)" # sh, bash, zsh',
    'awsmfa export --format powershell | Out-String | Invoke-Expression',
    'awsmfa export --format json',
  ],
  flags: {
    mfaProfileName: servedProfile,
    format: valued(
      choice('FORMAT', exportFormats),
      `${exportFormats.slice(0, -1).join(', ')} or ${exportFormats.at(-1)}`,
      {
        fallback: 'sh',
      },
    ),
    minRemaining,
    yes: on('print it on a terminal, too'),
  },
  async run(world, { mfaProfileName: mfaProfile, format = 'sh', minRemaining: minRemainingSeconds, yes }) {
    const { exportSession } = await import('../commands/export.js')
    await exportSession(world, { mfaProfile, format, minRemainingSeconds, yes })
    return undefined
  },
})

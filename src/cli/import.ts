import { command, on } from './spec.js'

/** `awsmfa import` */
export const importSettings = command({
  about:
    'Take over the settings of broamski/aws-mfa, aws-vault, the AWS CLI or the Go tool awsmfa. Shows them first, and asks.',
  examples: ['awsmfa import', 'awsmfa import --yes'],
  flags: { yes: on('write the settings without a question') },
  async run(world, { yes }) {
    const { importSettings } = await import('../commands/import.js')
    await importSettings(world, { yes })
  },
})

import { stsRefusal } from '../core/refusals.js'
import { accessKeyIdOf, readSession } from '../core/session.js'
import type { Sts } from '../outside/aws.js'
import { type AwsClientOptions, callAws, notFromAws } from './awsClient.js'

/** AWS STS at its endpoint in the region that is asked for. */
export function makeSts(options: AwsClientOptions): Sts {
  const now = options.now ?? Date.now
  return {
    async expectCall() {
      const parts = [import('./httpRoute.js'), import('@smithy/node-http-handler'), import('@aws-sdk/client-sts')]
      await Promise.allSettled(parts)
    },

    async getSessionToken({ keys, serialNumber, code, durationSeconds, ...request }) {
      const signer = { credentials: keys, ...request }
      const { region } = request
      const { output, host, clockOffsetMs } = await callAws(options, signer, {
        service: 'STS',
        async send(config, abort) {
          const { GetSessionTokenCommand, STSClient } = await import('@aws-sdk/client-sts')
          const input = { SerialNumber: serialNumber, TokenCode: code, DurationSeconds: durationSeconds }
          return await new STSClient(config).send(new GetSessionTokenCommand(input), abort)
        },
        refuse: (error, measuredMs) =>
          stsRefusal(error, { serialNumber, accessKeyId: keys.accessKeyId, region, clockOffsetMs: measuredMs }),
      })
      const session = readSession(
        output.Credentials,
        new Date(now() + (clockOffsetMs ?? request.clockOffsetMs)),
        durationSeconds,
      )
      if (typeof session === 'string') throw notFromAws(session, host)
      return { session, clockOffsetMs }
    },

    async getCallerIdentity(signer) {
      const { output, host, clockOffsetMs } = await callAws(options, signer, {
        service: 'STS',
        async send(config, abort) {
          const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts')
          return await new STSClient(config).send(new GetCallerIdentityCommand({}), abort)
        },
        refuse: (error, measuredMs) =>
          stsRefusal(error, {
            action: 'GetCallerIdentity',
            serialNumber: '',
            accessKeyId: accessKeyIdOf(signer.credentials),
            region: signer.region,
            clockOffsetMs: measuredMs,
          }),
      })
      const { Arn: arn, Account: account } = output
      if (arn === undefined || !/^arn:[a-z-]+:(iam|sts)::[0-9]{12}:[\x21-\x7e]+$/.test(arn) || account === undefined) {
        throw notFromAws('it names no caller', host)
      }
      return { arn, account, clockOffsetMs }
    },
  }
}

import { stsRefusal } from '../core/refusals.js'
import { longestChainedSeconds } from '../core/role.js'
import { roleFacts } from '../core/roleRefusals.js'
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

    async assumeRole({ role, durationSeconds, mfa, ...signer }) {
      const { arn, sessionName, externalId } = role
      const { output, host, clockOffsetMs } = await callAws(options, signer, {
        service: 'STS',
        async send(config, abort) {
          const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts')
          const input = {
            RoleArn: arn,
            RoleSessionName: sessionName,
            ExternalId: externalId,
            SerialNumber: mfa?.serialNumber,
            TokenCode: mfa?.code,
            // With a session and a duration AWS's documentation promises no sign-in to the console; the default does it.
            DurationSeconds:
              mfa === undefined && durationSeconds === longestChainedSeconds ? undefined : durationSeconds,
          }
          return await new STSClient(config).send(new AssumeRoleCommand(input), abort)
        },
        refuse: (error, measuredMs) =>
          stsRefusal(error, {
            action: 'AssumeRole',
            serialNumber: mfa?.serialNumber ?? '',
            accessKeyId: accessKeyIdOf(signer.credentials),
            region: signer.region,
            clockOffsetMs: measuredMs,
            role: roleFacts(role, durationSeconds, mfa !== undefined),
          }),
      })
      const at = new Date(now() + (clockOffsetMs ?? signer.clockOffsetMs))
      const session = readSession(output.Credentials, at, durationSeconds)
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

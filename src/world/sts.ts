import { stsRefusal } from '../core/refusals.js'
import { longestChainedSeconds } from '../core/role.js'
import { roleFacts } from '../core/roleRefusals.js'
import { accessKeyIdOf, type RawCredentials, readSession } from '../core/session.js'
import type { CallerIdentity, RoleRequest, SessionAnswer, SessionRequest, Signer, Sts } from '../outside/aws.js'
import { type AwsAnswer, type AwsClientOptions, callAws, notFromAws } from './awsClient.js'

/** AWS STS at its endpoint in the region that is asked for. */
export function makeSts(options: AwsClientOptions): Sts {
  return {
    async expectCall() {
      const parts = [import('./httpRoute.js'), import('@smithy/node-http-handler'), import('@aws-sdk/client-sts')]
      await Promise.allSettled(parts)
    },
    getSessionToken: (request) => getSessionToken(options, request),
    assumeRole: (request) => assumeRole(options, request),
    getCallerIdentity: (signer) => getCallerIdentity(options, signer),
  }
}

async function getSessionToken(options: AwsClientOptions, request: SessionRequest): Promise<SessionAnswer> {
  const { keys, serialNumber, code, durationSeconds, ...rest } = request
  const signer = { credentials: keys, ...rest }
  const answer = await callAws(options, signer, {
    service: 'STS',
    async send(config, abort) {
      const { GetSessionTokenCommand, STSClient } = await import('@aws-sdk/client-sts')
      const input = { SerialNumber: serialNumber, TokenCode: code, DurationSeconds: durationSeconds }
      return await new STSClient(config).send(new GetSessionTokenCommand(input), abort)
    },
    refuse: (error, clockOffsetMs) =>
      stsRefusal(error, { serialNumber, accessKeyId: keys.accessKeyId, region: signer.region, clockOffsetMs }),
  })
  return sessionIn(answer, options, signer, durationSeconds)
}

async function assumeRole(options: AwsClientOptions, request: RoleRequest): Promise<SessionAnswer> {
  const { role, durationSeconds, mfa, ...signer } = request
  // With a session and a duration AWS's documentation promises no sign-in to the console; the default does it.
  const isDefault = mfa === undefined && durationSeconds === longestChainedSeconds
  const answer = await callAws(options, signer, {
    service: 'STS',
    async send(config, abort) {
      const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts')
      const input = {
        RoleArn: role.arn,
        RoleSessionName: role.sessionName,
        ExternalId: role.externalId,
        SerialNumber: mfa?.serialNumber,
        TokenCode: mfa?.code,
        DurationSeconds: isDefault ? undefined : durationSeconds,
      }
      return await new STSClient(config).send(new AssumeRoleCommand(input), abort)
    },
    refuse: (error, clockOffsetMs) =>
      stsRefusal(error, {
        action: 'AssumeRole',
        serialNumber: mfa?.serialNumber ?? '',
        accessKeyId: accessKeyIdOf(signer.credentials),
        region: signer.region,
        clockOffsetMs,
        role: roleFacts(role, durationSeconds, mfa !== undefined),
      }),
  })
  return sessionIn(answer, options, signer, durationSeconds)
}

async function getCallerIdentity(options: AwsClientOptions, signer: Signer): Promise<CallerIdentity> {
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
}

/** @throws StsFailure when what was answered is no session that AWS could have given */
function sessionIn(
  { output, host, clockOffsetMs }: AwsAnswer<{ readonly Credentials?: RawCredentials | undefined }>,
  { now = Date.now }: AwsClientOptions,
  signer: Pick<Signer, 'clockOffsetMs'>,
  durationSeconds: number,
): SessionAnswer {
  const at = new Date(now() + (clockOffsetMs ?? signer.clockOffsetMs))
  const session = readSession(output.Credentials, at, durationSeconds)
  if (typeof session === 'string') throw notFromAws(session, host)
  return { session, clockOffsetMs }
}

import { isTrue } from './endpoint.js'
import { whereNamed } from './region.js'

type Settings = Readonly<Record<string, string | undefined>>

/** The way to AWS as it is asked for; each setting with the name by which a person finds it. */
export interface NetworkSettings {
  /** a file of PEM certificates instead of the built-in ones */
  readonly caBundle: { readonly path: string; readonly origin: string } | undefined
  /** what asks for FIPS endpoints */
  readonly fips: string | undefined
  /** what asks for endpoints with IPv6 too */
  readonly dualstack: string | undefined
  /** what names endpoints in the config file */
  readonly unheeded: readonly string[]
}

/**
 * What the environment says of the way to AWS, and the source profile where the environment is silent, as the AWS CLI
 * does (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html). One thing is left out on purpose: an
 * endpoint of the config file. Such files come out of dotfile repositories and templates, and who listens there gets a
 * code that is still good; a stand-in for S3 is often named there for all services.
 *
 * @param config - the keys of the source profile in the config file
 */
export function networkSettings(config: Settings | undefined, env: Settings): NetworkSettings {
  const found = (variable: string, key: string) => {
    if (env[variable]) return { value: env[variable], origin: variable }
    const value = config?.[key]
    return value ? { value, origin: `${key} of the source profile` } : undefined
  }
  const on = (variable: string, key: string) => {
    const setting = found(variable, key)
    return isTrue(setting?.value) ? setting?.origin : undefined
  }
  const bundle = found('AWS_CA_BUNDLE', 'ca_bundle')
  const home = env.HOME || env.USERPROFILE
  return {
    caBundle: bundle && {
      path: home ? bundle.value.replace(/^~(?=[/\\])/, () => home) : bundle.value,
      origin: bundle.origin,
    },
    fips: on('AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'),
    dualstack: on('AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
    unheeded: ['endpoint_url', 'services'].filter((key) => config?.[key]),
  }
}

/** What else may be wrong, beside the network, when AWS has no host of the name that was asked for; as hints. */
export function hostDoubts(
  region: string,
  { fips, dualstack }: NetworkSettings,
  env: Settings,
  config: Settings | undefined,
): string[] {
  const named = whereNamed(region, env, config?.region)
  return [
    ...(named === undefined ? [] : [`or there is no such region: ${named}`]),
    ...[fips, dualstack].flatMap((origin) =>
      origin === undefined ? [] : [`or AWS has no such endpoint in ${region}: ${origin} asks for it`],
    ),
  ]
}

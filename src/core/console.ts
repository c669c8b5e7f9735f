import { Failure } from '../errors.js'
import { partsOfRole } from './role.js'

/** Where the console of each partition is, and where one signs in to it. */
const places: Readonly<Record<string, { readonly signIn: string; readonly console: string }>> = {
  aws: { signIn: 'https://signin.aws.amazon.com/federation', console: 'https://console.aws.amazon.com' },
  'aws-cn': { signIn: 'https://signin.amazonaws.cn/federation', console: 'https://console.amazonaws.cn' },
  'aws-us-gov': {
    signIn: 'https://signin.amazonaws-us-gov.com/federation',
    console: 'https://console.amazonaws-us-gov.com',
  },
}

/** What a sign-in leads to. */
export interface Destination {
  /** where a session is turned into a sign-in */
  readonly signIn: string
  /** the page of the console */
  readonly page: string
}

/**
 * The page of the console that a role's session opens.
 *
 * @param region - of the profile
 * @param service - the console's own name for a service, the first part of the path of its pages
 * @throws Failure `act` for a partition whose console awsmfa does not know
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
export function destinationOf(arn: string, region: string | undefined, service: string | undefined): Destination {
  const { partition } = partsOfRole(arn)
  const place = Object.hasOwn(places, partition) ? places[partition] : undefined
  if (place === undefined) {
    throw new Failure('act', `awsmfa does not know where the console of the partition ${partition} is`, [
      `it knows those of ${Object.keys(places).join(', ')}`,
    ])
  }
  const page = new URL(`/${service ?? 'console'}/home`, place.console)
  if (region !== undefined && /^[a-z]{2,}(-[a-z0-9]+)+$/.test(region)) page.searchParams.set('region', region)
  return { signIn: place.signIn, page: page.href }
}

/**
 * Checks the name of a service, which becomes a part of an address.
 *
 * @throws Failure `usage`
 */
export function parseService(text: string, origin: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text)) return text
  throw new Failure('usage', `${origin} is not the name of a service in the console`, [
    'it is the word behind the host in the address of its pages, such as s3, ec2 or cloudwatch',
  ])
}

/** The address that signs in whoever opens it. */
export function signInUrl({ signIn, page }: Destination, token: string): string {
  const url = new URL(signIn)
  url.search = new URLSearchParams({
    Action: 'login',
    Issuer: 'awsmfa',
    Destination: page,
    SigninToken: token,
  }).toString()
  return url.href
}

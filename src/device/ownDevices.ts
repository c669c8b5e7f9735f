import type { IamUser } from '../core/iamUser.js'
import { usableDevices } from '../core/usableDevices.js'
import { Failure } from '../errors.js'
import type { Signer, World } from '../world.js'
import { isForbidden } from './authority.js'

/**
 * The user's devices whose codes can be used, as IAM lists them.
 *
 * @returns none when the user has no device; `undefined`, after telling so, when AWS does not allow the user to list them
 * @throws Failure `act` when the user has passkeys only; IamFailure
 */
export async function ownDevices(world: World, signer: Signer, user: IamUser): Promise<readonly string[] | undefined> {
  let listed: readonly string[]
  try {
    listed = await world.iam.listDevices(signer, user.userName)
  } catch (error) {
    if (!isForbidden(error)) throw error
    world.terminal.say(`AWS does not allow ${user.userName} to list their MFA devices (iam:ListMFADevices)`)
    return undefined
  }
  const usable = usableDevices(listed)
  if (usable.length > 0 || listed.length === 0) return usable
  throw new Failure(
    'act',
    `${user.userName} has passkeys or security keys only, which AWS accepts in the console only`,
    [
      'sign in to the IAM console, add an authenticator app under Security credentials, and give its secret key to awsmfa enroll',
    ],
  )
}

/**
 * One of several devices: on a terminal by its number.
 *
 * @param wanted - such as `to enrol`
 * @throws Failure `usage` that names them when nobody can be asked
 */
export async function chooseDevice(world: World, serialNumbers: readonly string[], wanted: string): Promise<string> {
  const [only, another] = serialNumbers
  if (only !== undefined && another === undefined) return only
  if (!world.terminal.interactive) {
    throw new Failure('usage', `there are several MFA devices: ${serialNumbers.join(', ')}`, [
      'name one with --serial-number',
    ])
  }
  serialNumbers.forEach((serialNumber, index) => {
    world.terminal.say(`${index + 1}  ${serialNumber}`)
  })
  const answer = (await world.terminal.ask(`number of the device ${wanted}:`)).trim()
  const chosen = /^[0-9]{1,2}$/.test(answer) ? serialNumbers[Number(answer) - 1] : undefined
  if (chosen !== undefined) return chosen
  throw new Failure('usage', `the answer is not a number from 1 to ${serialNumbers.length}`, 'run the command again')
}

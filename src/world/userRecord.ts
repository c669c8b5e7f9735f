import { type UserInfo, userInfo } from 'node:os'

/** What the user database says of the person. Throws when it has no entry. */
export function userRecord(): Pick<UserInfo<string>, 'homedir' | 'username' | 'uid'> {
  return userInfo()
}

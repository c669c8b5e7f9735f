import { execFileSync } from 'node:child_process'
import { type UserInfo, userInfo } from 'node:os'
import process from 'node:process'

/** Bun's userInfo reads HOME and USER (1.4.5), which cron and sudo set otherwise: on Linux the database itself is asked. */
export function userRecord(): Pick<UserInfo<string>, 'homedir' | 'username' | 'uid'> {
  if (process.platform !== 'linux') return userInfo()
  const uid = process.getuid?.() ?? -1
  const line = execFileSync('getent', ['passwd', `${uid}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [username = '', , , , , homedir = ''] = line.trimEnd().split(':')
  return { username, homedir, uid }
}

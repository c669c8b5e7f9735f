/** What passwd(5) and group(5) tell: only of local users and groups. */

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

export function parseUsers(passwd: string): User[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(':')
    return name && uid && gid && home !== undefined ? [{ name, uid: Number(uid), gid: Number(gid), home }] : []
  })
}

/**
 * Whether the group is the user's own: their primary group, nobody else's, with no further members. Many systems give
 * each user such a group and a umask of 002, so that their files have mode 0664 and still only they can write them.
 * Debian's sshd judges the same way (its patch "user-group-modes").
 */
export function isPrivateGroup(uid: number, gid: number, passwd: string, group: string): boolean {
  const users = parseUsers(passwd)
  const owner = users.find((user) => user.uid === uid)
  const lines = group.split('\n').map((line) => line.split(':'))
  const members = lines
    .filter(([, , number]) => Number(number) === gid)
    .flatMap(([, , , names]) => names?.split(',') ?? [])
  return (
    owner?.gid === gid &&
    users.every((user) => user.gid !== gid || user.uid === uid) &&
    members.every((name) => name === '' || name === owner.name)
  )
}

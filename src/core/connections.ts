/**
 * Who has opened a connection over loopback, by Linux's list of them (proc(5), `/proc/net/tcp`).
 *
 * @param from - the port of whoever has opened it
 * @param to - the port that it leads to
 * @returns the user id; `undefined` when it is not in the list
 */
export function openedBy(list: string, from: number, to: number): number | undefined {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const [local, remote] = [`0100007F:${hex(from)}`, `0100007F:${hex(to)}`]
  for (const line of list.split('\n')) {
    const [, itsLocal, itsRemote, , , , , uid] = line.trim().split(/\s+/)
    if (itsLocal === local && itsRemote === remote && /^\d+$/.test(uid ?? '')) return Number(uid)
  }
  return undefined
}

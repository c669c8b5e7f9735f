import { chownSync } from 'node:fs'

/** Nobody on most systems; it needs no entry in the user database. */
const nobody = 65534

/** Whether the tests run as root, whom permissions do not stop. */
export const isRoot = process.geteuid?.() === 0

/** Runs `work` as an ordinary user: root becomes one for that time, who owns `folder` meanwhile and after. */
export async function asOrdinaryUser<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (!isRoot) return await work()
  chownSync(folder, nobody, nobody)
  process.setegid?.(nobody)
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

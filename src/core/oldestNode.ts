/** As in package.json. `main.ts` reads this file with any Node, so it keeps to old syntax. */
export const oldestNode = '20.17'

/** @param version - such as `18.20.8` */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

/** As in package.json, oldest first. `main.ts` reads this file with any Node, so it keeps to old syntax. */
export const oldestNodes = ['20.17', '22.3']

/**
 * What a Node is too old for: without `process.getBuiltinModule` (Node docs, "added in v22.3.0, v20.16.0") nothing starts.
 *
 * @param version - such as `18.20.8`
 * @returns the oldest one that will do, `undefined` for one that does
 */
export function newerNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return oldestNodes.find((oldest, index) => {
    const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
    // Of the first one's line all later ones will do, of the lines between the two none.
    const isOlder = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
    return isOlder && (index === 0 || major > Number.parseInt(oldestNodes[0] || '', 10))
  })
}

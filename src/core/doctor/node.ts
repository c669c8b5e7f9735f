import { type Check, ok, warn } from './check.js'

/** The releases that awsmfa is tested with. */
const tested = [20, 22, 24, 26]

/**
 * Whether this Node is one that awsmfa works with. `main.ts` has refused older ones.
 *
 * @param version - such as `22.11.0`
 * @see https://github.com/nodejs/release#release-schedule
 */
export function checkNode(version: string): Check {
  const major = Number.parseInt(version, 10)
  const cure = 'install Node 22 or a later even version; then run awsmfa schedule install again, if you use it'
  if (major === 20) {
    const end = 'has had no security fixes since April 2026, and the AWS SDK drops it in January 2027'
    return warn('node', `Node ${version} ${end}`, cure)
  }
  if (!tested.includes(major)) return warn('node', `awsmfa was never tested with Node ${version}`, cure)
  return ok('node', `Node ${version}`)
}

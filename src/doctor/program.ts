import { type Checks, ok } from '../core/doctor/check.js'
import { checkNode } from '../core/doctor/node.js'
import type { World } from '../world.js'

/** The program and the Node that runs it. */
export function checkProgram({ program }: World): Checks {
  return { about: 'program', checks: [ok('awsmfa', `awsmfa ${program.version}`), checkNode(program.nodeVersion)] }
}

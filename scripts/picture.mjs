// `npm run picture`: runs the demonstration on a terminal and draws what that shows into docs/demo.svg, for README.md.
// What it draws with is test/support/picture.ts.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { prepare, top } from './ready.mjs'

await prepare()
const draw = join(top, 'build', 'test', 'support', 'picture.js')
process.exitCode = spawnSync(process.execPath, [draw, join(top, 'docs', 'demo.svg')], { stdio: 'inherit' }).status ?? 1

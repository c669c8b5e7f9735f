// `npm run demo`: the whole program in a throw-away home. Needs no account, no keychain and, once the packages are
// installed, no network. The demonstration itself is test/support/demo.ts.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { prepare, top } from './ready.mjs'

await prepare()
const demo = join(top, 'build', 'test', 'support', 'demo.js')
process.exitCode = spawnSync(process.execPath, [demo], { stdio: 'inherit' }).status ?? 1

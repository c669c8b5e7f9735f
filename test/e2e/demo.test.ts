import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCli } from '../support/runCli.js'
import { alice } from '../support/strictSts.js'

const demo = fileURLToPath(new URL('../support/demo.js', import.meta.url))

describe('npm run demo', { concurrency: 4 }, () => {
  for (const [where, env] of [
    ['shows each command and what it says, and leaves nothing behind', { PATH: process.env.PATH ?? '' }],
    ['works where aws is not installed', { PATH: '/nowhere' }],
  ] as const) {
    it(where, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'awsmfa-demo-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      const run = await startCli([process.execPath, demo], { env: { ...env, TMPDIR: folder }, cwd: folder }).ended
      assert.deepEqual([run.code, run.stderr], [0, ''], run.stdout + run.stderr)
      for (const args of [
        `enroll --serial-number ${alice.serialNumber}`,
        'refresh',
        'refresh --force',
        'status',
        'console',
        "exec -- sh -c '[^']*'",
      ]) {
        assert.match(run.stdout, new RegExp(`^\\$ awsmfa ${args}( {3}#.*)?\\n\\S`, 'm'))
      }
      assert.match(run.stdout, /aws_session_token = IQoJ…\n/)
      assert.match(run.stdout, /^eu-west-1, until 2\d{3}-[-\dT:]+Z$/m)
      for (const secret of [alice.seed, alice.secretAccessKey, folder]) assert.ok(!run.stdout.includes(secret))
      assert.deepEqual(readdirSync(folder), [])
    })
  }
})

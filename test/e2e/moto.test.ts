import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { aliceFiles, openSandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'
import { until } from '../support/until.js'

// moto was written by others after AWS's own models. It checks no code, but requests and answers have AWS's form.
describe('with moto in place of AWS', { skip: absent('moto_server') }, () => {
  it('enrols and refreshes', async (t) => {
    const port = await freePort()
    // A group of its own: the command may be a wrapper around the real one.
    const moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    t.after(() => end(moto))
    let said = ''
    moto.stderr.on('data', (piece) => {
      said += piece
    })
    await until('moto', () => said.includes('Running on'))

    const sandbox = await openSandbox(t, { env: { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}` } })
    await sandbox.enroll('--duration-seconds', '900')
    const first = sandbox.home.read('.aws/credentials') ?? ''
    assert.match(first, /\n\[mfa\]\naws_access_key_id = A\w{15,}\n/)
    const refreshed = await sandbox.run(['refresh', '--force'])
    assert.equal(refreshed.code, 0, refreshed.stderr)
    assert.ok(sandbox.home.read('.aws/credentials')?.startsWith(aliceFiles['.aws/credentials'] ?? 'x'))
    assert.match(said, /"POST \/ HTTP\/1\.1" 200 [\s\S]*"POST \/ HTTP\/1\.1" 200 /)
    assert.equal(sandbox.sts.log.length, 0)
    assert.equal(sandbox.seed(), alice.seed)
  })
})

async function end(moto: ChildProcess): Promise<void> {
  if (moto.pid === undefined || moto.exitCode !== null) return
  const ended = once(moto, 'exit')
  process.kill(-moto.pid, 'SIGTERM')
  await ended
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

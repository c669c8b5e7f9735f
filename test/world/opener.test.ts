import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openedBy } from '../../src/core/connections.js'
import { makeOpener } from '../../src/world/opener.js'
import { failsWith } from '../support/failsWith.js'
import { tempFolder } from '../support/tempFolder.js'
import { until } from '../support/until.js'

const secret = 'https://signin.aws.amazon.com/federation?SigninToken=EXAMPLE'

/** An xdg-open that writes down what it was given, or fails. */
function desk(t: Parameters<typeof tempFolder>[0], exitCode = 0) {
  const folder = tempFolder(t)
  const opened = join(folder, 'opened')
  writeFileSync(
    join(folder, 'xdg-open'),
    `#!/bin/sh\nprintf %s "$*" > ${opened}.new; mv ${opened}.new ${opened}; exit ${exitCode}\n`,
  )
  chmodSync(join(folder, 'xdg-open'), 0o755)
  const env = { DISPLAY: ':0', PATH: `${folder}:${process.env.PATH}` }
  return { env, opened: () => (existsSync(opened) ? readFileSync(opened, 'utf8') : undefined), folder }
}

function fetched(url: string): Promise<{ status: number | undefined; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, location: response.headers.location })
    }).once('error', reject)
  })
}

describe('the opener', { skip: process.platform !== 'linux' }, () => {
  test('gives the browser a page that sends it on once, so that no command line holds the address', async (t) => {
    const { env, opened } = desk(t)
    const opening = makeOpener({ env, platform: 'linux' }).open(secret)
    await until('xdg-open', () => opened() !== undefined)
    const page = opened() ?? ''
    assert.match(page, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/)
    assert.equal((await fetched(page.replace(/.$/, '~'))).status, 404)
    assert.deepEqual(await fetched(page), { status: 302, location: secret })
    await opening
    await assert.rejects(fetched(page), { code: 'ECONNREFUSED' })
  })

  test('sends nobody else on who has read the command line', async (t) => {
    const { env, opened, folder } = desk(t)
    const connections = join(folder, 'tcp')
    writeFileSync(connections, '')
    const opening = makeOpener({ env, platform: 'linux', connections, limitMs: 300 }).open(secret)
    const failing = failsWith('act', /the browser did not come for the address/, () => opening)
    await until('xdg-open', () => opened() !== undefined)
    const page = opened() ?? ''
    const status = await new Promise((resolve) => {
      const request = get(page, { agent: new Agent() }, (response) => resolve(response.statusCode))
      request.once('socket', (socket) =>
        socket.once('connect', () => {
          const hex = (port: number | undefined) => (port ?? 0).toString(16).toUpperCase().padStart(4, '0')
          const ports = `0100007F:${hex(socket.localPort)} 0100007F:${hex(socket.remotePort)}`
          writeFileSync(connections, `   0: ${ports} 01 00000000:00000000 00:00000000 00000000  4242 0 1\n`)
        }),
      )
    })
    assert.equal(status, 404)
    await failing
  })

  test('says when there is no desktop, no such program, or one that fails', async (t) => {
    const open = (env: Record<string, string>) => () => makeOpener({ env, platform: 'linux' }).open(secret)
    await failsWith('act', /no browser: this is not a graphical session/, open({}))
    await failsWith('act', /xdg-open does not open a browser: ENOENT/, open({ DISPLAY: ':0', PATH: '/nowhere' }))
    await failsWith('act', /xdg-open does not open a browser: exit code 3/, open(desk(t, 3).env))
  })
})

test('who has opened a connection is read from the list that Linux keeps', () => {
  const list =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0\n' +
    '   1: 0100007F:C001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 12346 1 0\n' +
    '   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 12347 1 0\n'
  assert.equal(openedBy(list, 0xc001, 8080), 1001)
  assert.equal(openedBy(list, 0xc002, 8080), undefined)
})

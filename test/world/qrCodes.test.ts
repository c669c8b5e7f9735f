import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import { makeQrCodes, type QrCodesOptions } from '../../src/world/qrCodes.js'
import { blank, code, desktop, toPng } from '../support/canvas.js'
import { failsWith } from '../support/failsWith.js'
import { tempFolder } from '../support/tempFolder.js'

const text = 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const png = toPng(code(text, 3))

function standardInput(stream: () => Readable & { isTTY?: boolean }) {
  return { stream, onWait: () => {} }
}

function qrCodes(options: Partial<QrCodesOptions> = {}) {
  return makeQrCodes({ env: {}, platform: 'linux', stdin: standardInput(() => Readable.from([])), ...options })
}

function fileWith(t: TestContext, bytes: Uint8Array): string {
  const path = join(tempFolder(t), 'shot')
  writeFileSync(path, bytes)
  return path
}

test('reads the codes of a PNG, whatever the file is called', async (t) => {
  assert.deepEqual(await qrCodes().inFile(fileWith(t, png)), [text])
})

test('finds no code where there is none', async (t) => {
  assert.deepEqual(await qrCodes().inFile(fileWith(t, toPng(blank(100, 100)))), [])
})

test('reads a picture from standard input, in pieces, and as a pipe that has a path', async (t) => {
  const pieces = () => Readable.from([png.subarray(0, 10), png.subarray(10)])
  assert.deepEqual(await qrCodes({ stdin: standardInput(pieces) }).inFile('-'), [text])
  if (process.platform === 'win32') return
  const pipe = join(tempFolder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'cat > "$0"', pipe], { stdio: ['pipe', 'ignore', 'inherit'] })
  t.after(() => writer.kill())
  writer.stdin.end(png)
  assert.deepEqual(await qrCodes().inFile(pipe), [text])
})

test('says so when it waits for a picture on standard input', async () => {
  const stream = new PassThrough()
  const stdin = { stream: () => stream, onWait: () => void stream.end(png), patienceMs: 1 }
  assert.deepEqual(await qrCodes({ stdin }).inFile('-'), [text])
})

test('waits for somebody to write into a pipe, not for ever, and can be interrupted', async (t) => {
  if (process.platform === 'win32') return
  const pipe = join(tempFolder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  await failsWith('usage', /^nobody writes into the pipe .*pipe$/, () => qrCodes({ limitMs: 100 }).inFile(pipe))
  const waiting = qrCodes().inFile(pipe)
  spawn('sh', ['-c', 'sleep 0.3; cat > "$0"', pipe], { stdio: ['pipe', 'ignore', 'inherit'] }).stdin.end(png)
  assert.deepEqual(await waiting, [text])

  const module = new URL('../../src/world/qrCodes.js', import.meta.url)
  const script = `import { makeQrCodes } from '${module}'
    process.on('SIGINT', () => process.exit(130))
    setTimeout(() => console.log('waiting'), 200)
    await makeQrCodes({ env: {}, platform: 'linux' }).inFile(process.argv[1])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, pipe])
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'exit'), [130, null])
})

test('does not wait for a picture to be typed', async () => {
  const stdin = standardInput(() => Object.assign(Readable.from([]), { isTTY: true }))
  await failsWith('usage', /standard input is a terminal/, () => qrCodes({ stdin }).inFile('-'))
})

test('refuses what cannot be read, with the path', async (t) => {
  const folder = tempFolder(t)
  await failsWith('usage', /there is no file .*none\.png$/, () => qrCodes().inFile(join(folder, 'none.png')))
  await failsWith('act', /cannot read .*illegal operation on a directory \(EISDIR\)/, () => qrCodes().inFile(folder))
})

test('refuses files that are too large, and damaged ones', async (t) => {
  const large = fileWith(t, png)
  truncateSync(large, 33 * 1024 * 1024)
  await failsWith('usage', /shot is larger than 32 MiB/, () => qrCodes().inFile(large))
  const damaged = Buffer.from(png)
  damaged.fill(0, 60, 200)
  for (const bytes of [damaged, png.subarray(0, 100)]) {
    const path = fileWith(t, bytes)
    await failsWith('usage', /shot is a damaged or unusual PNG picture/, () => qrCodes().inFile(path))
  }
})

test('gives a picture up that takes too long, and stops the work on it', (t) => {
  const path = fileWith(t, toPng(desktop(2000, 2000)))
  // In a process of its own, where no other test's threads are among what is still active.
  const module = new URL('../../src/world/qrCodes.js', import.meta.url)
  const script = `import { makeQrCodes } from '${module}'
    const codes = makeQrCodes({ env: {}, platform: 'linux', stdin: { stream: () => process.stdin, onWait() {} }, limitMs: 1 })
    const told = await codes.inFile(process.argv[1]).catch((error) => error.message)
    console.log(told, process.getActiveResourcesInfo().includes('MessagePort') ? 'and goes on' : 'and stops')`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' })
  assert.match(output, /shot cannot be read within 0\.001 seconds and stops\n$/)
})

describe('the clipboard', { skip: process.platform === 'win32' && 'the stand-ins are shell scripts' }, () => {
  /** A folder with stand-ins for the platform's tools: each line is a case of `$*`, its arguments. */
  function tools(t: TestContext, scripts: Record<string, string>): string {
    const folder = join(tempFolder(t), 'bin')
    mkdirSync(folder)
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
      chmodSync(join(folder, name), 0o755)
    }
    return folder
  }

  /** Answers `bytes` to exactly these arguments. */
  const answers = (args: string, bytes: Uint8Array) =>
    `[ "$*" = '${args}' ] || exit 9\nprintf %s '${Buffer.from(bytes).toString('base64')}' | base64 -d`
  const path = (folder: string) => `${folder}:/usr/bin:/bin`

  test('is read by wl-paste under Wayland, although an X server is there too', async (t) => {
    const bin = tools(t, { 'wl-paste': answers('--no-newline --type image/png', png), xclip: 'exit 9' })
    const env = { PATH: path(bin), WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0' }
    assert.deepEqual(await qrCodes({ env }).inClipboard(), [text])
    assert.deepEqual(readdirSync(join(bin, '..')), ['bin'], 'nothing is written')
  })

  test('is read by xclip under X', async (t) => {
    const bin = tools(t, { xclip: answers('-selection clipboard -target image/png -out', png) })
    assert.deepEqual(await qrCodes({ env: { PATH: path(bin), DISPLAY: ':0' } }).inClipboard(), [text])
  })

  test('without a picture is said to have none, and what the tool said is not repeated', async (t) => {
    for (const script of [
      'echo target image/png not available: tell-nobody >&2; exit 1',
      'exit 0',
      'echo tell-nobody',
    ]) {
      const env = { PATH: path(tools(t, { xclip: script })), DISPLAY: ':0' }
      const failure = await failsWith('usage', /^the clipboard holds no picture$/, () => qrCodes({ env }).inClipboard())
      assert.equal(failure.cause, undefined)
    }
  })

  test('with more than fits is refused', async (t) => {
    const env = { PATH: path(tools(t, { xclip: 'exec cat /dev/zero' })), DISPLAY: ':0' }
    await failsWith('usage', /the picture in the clipboard is too large/, () => qrCodes({ env }).inClipboard())
  })

  test('needs its tool, and a graphical session', async (t) => {
    const empty = tempFolder(t)
    const env = { PATH: empty, WAYLAND_DISPLAY: 'wayland-0' }
    const failure = await failsWith('act', /^wl-paste is not installed$/, () => qrCodes({ env }).inClipboard())
    assert.deepEqual(failure.hints[0], 'install wl-clipboard')
    await failsWith('act', /not a graphical session/, () => qrCodes({ env: { PATH: empty } }).inClipboard())
  })
})

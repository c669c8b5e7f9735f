import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Seed } from '../../src/core/seed.js'
import { Failure } from '../../src/errors.js'
import { type KeychainOptions, makeKeychain } from '../../src/world/keychain.js'
import { fakeKeytar } from '../support/fakeKeytar.js'
import { until } from '../support/until.js'

const serialNumber = 'arn:aws:iam::123456789012:mfa/me'
const base32 = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const notLinux = process.platform !== 'linux' && 'needs /proc'
const notPosix = process.platform === 'win32' && 'needs a POSIX system'

/** A call that blocks a worker thread for ever, as a locked keyring does: `process.exit()` cannot end such a process. */
const blocked = `
  const block = () => {
    require('node:child_process').execFileSync('mkfifo', [folder + '/fifo'])
    fs.readFile(folder + '/fifo', () => {})
    fs.writeFileSync(folder + '/pid', String(process.pid), { flag: 'wx' })
    return new Promise(() => {})
  }
  return { getPassword: block, setPassword: block, deletePassword: block }`

describe('the child that touches the keychain', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-child-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  // As on macOS, where no Secret Service is asked: what counts here is the child.
  const keychain = (body: string, more: Partial<KeychainOptions> = {}) =>
    makeKeychain({
      env: { ...process.env, HOME: folder },
      platform: 'darwin',
      attended: () => false,
      limitMs: { attended: 60_000, unattended: 60_000 },
      nodeOptions: fakeKeytar(folder, body),
      ...more,
    })

  it('is killed at the limit, even when nothing else could end it', { skip: notPosix }, async () => {
    const limited = keychain(blocked, { limitMs: { attended: 60_000, unattended: 1_000 } })
    await assert.rejects(limited.get(serialNumber), failure(/did not answer within 1 seconds/))
    assert.deepEqual(processesNaming(folder), [])
  })

  it('is asked once for all that is wanted in the same moment, and tells apart what is not there', async () => {
    const counting = keychain(`return { getPassword: async (service, account) => {
      fs.appendFileSync(folder + '/asked', process.pid + ' ')
      if (account.startsWith('key:')) return '{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"x/y+z"}'
      return account.endsWith('/me') ? '${base32}' : null
    } }`)
    const [seed, keys, none] = await Promise.all([
      counting.get(serialNumber),
      counting.getKeys('key:123456789012/me'),
      counting.get(`${serialNumber}-2`),
    ])
    assert.deepEqual([seed?.reveal(), keys?.revealSecret(), none], [base32, 'x/y+z', undefined])
    const pids = readFileSync(join(folder, 'asked'), 'utf8').trim().split(' ')
    assert.deepEqual([pids.length, new Set(pids).size], [3, 1])
  })

  it('says whose item it is that cannot be read, and nothing of what is in it', async () => {
    const odd = keychain(`return { getPassword: async () => '{"AccessKeyId":"x","SecretAccessKey":"tell-nobody"}' }`)
    await assert.rejects(odd.getKeys('key:123456789012/me'), (error: Error) => {
      assert.match(error.message, /^the item of key:123456789012\/me in the keychain is not a key pair/)
      return !error.message.includes('tell-nobody')
    })
  })

  it('may take longer when a person is there', async () => {
    const slow = `return { getPassword: async () => { await sleep(600); return '${base32}' } }`
    const limitMs = { attended: 60_000, unattended: 300 }
    const seed = await keychain(slow, { limitMs, attended: () => true }).get(serialNumber)
    assert.equal(seed?.reveal(), base32)
    await assert.rejects(keychain(slow, { limitMs }).get(serialNumber), failure(/did not answer/))
  })

  for (const [signal, exit] of [
    ['SIGKILL', 'SIGKILL'],
    ['SIGINT', 130],
  ] as const) {
    it(`goes when its parent goes by ${signal}`, { skip: notPosix }, async () => {
      const parent = startParent(fakeKeytar(folder, blocked))
      const exited = once(parent, 'exit')
      const pid = await childOf(folder)
      assert.ok(alive(pid))
      parent.kill(signal)
      const [exitCode, exitSignal] = await exited
      assert.equal(exitSignal ?? exitCode, exit)
      await until('its end', () => !alive(pid))
    })
  }

  it('goes when its parent exits, even when it cannot notice that by itself', { skip: notPosix }, async () => {
    const stuck = `return { getPassword: () => {
      fs.writeFileSync(folder + '/pid', String(process.pid), { flag: 'wx' })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    } }`
    const parent = startParent(fakeKeytar(folder, stuck))
    const exited = once(parent, 'exit')
    const pid = await childOf(folder)
    parent.kill('SIGINT')
    assert.deepEqual(await exited, [130, null])
    await until('its end', () => !alive(pid))
  })

  it('leaves its parent alive when it crashes', { skip: notPosix }, async () => {
    const crashing = keychain(`return { getPassword: () => process.kill(process.pid, 'SIGSEGV') }`)
    await assert.rejects(crashing.get(serialNumber), failure(/helper process .* broke down \(SIGSEGV\)/))
  })

  it('is reported when it ends without an answer', async () => {
    const leaving = keychain('return { getPassword: () => process.exit(7) }')
    await assert.rejects(leaving.get(serialNumber), failure(/broke down \(exit code 7\)/))
  })

  it('can leave no core file, which would hold the seed', { skip: notLinux }, async () => {
    const limits = keychain(`throw_ = fs.readFileSync('/proc/self/limits', 'utf8').match(/core.*/)[0]
      return { getPassword: () => Promise.reject(new Error(throw_)) }`)
    await assert.rejects(limits.get(serialNumber), failure(/core file size +0 +0 /))
  })

  it('shows no secret in its arguments or environment', { skip: notLinux }, async () => {
    const waiting = `return {
      setPassword: async () => {
        fs.writeFileSync(folder + '/pid', String(process.pid))
        while (!fs.existsSync(folder + '/go')) await sleep(10)
      },
      getPassword: async () => (fs.existsSync(folder + '/go') ? '${base32.toLowerCase()}'.toUpperCase() : null),
    }`
    const env = {
      HOME: folder,
      PATH: process.env.PATH,
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      NODE_OPTIONS: '--no-warnings',
      NODE_DEBUG: 'child_process',
    }
    const done = keychain(waiting, { env }).set(serialNumber, Seed.parse(base32))
    const pid = await childOf(folder)
    const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1')
    writeFileSync(join(folder, 'go'), '')
    await done
    assert.ok(environ.includes(`HOME=${folder}`))
    for (const word of [base32, 'wJalrXUtnFEMI', 'NODE_OPTIONS', 'NODE_DEBUG']) {
      assert.ok(!args.includes(word), word)
      assert.ok(!environ.includes(word), word)
    }
  })

  it("gets Node's options of its parent, but no debugger", async () => {
    const body = 'return { getPassword: () => Promise.reject(new Error(process.execArgv)) }'
    const nodeOptions = ['--inspect=127.0.0.1:0', '--inspect-port=0', ...fakeKeytar(folder, body)]
    const seen = keychain(body, { nodeOptions }).get(serialNumber)
    await assert.rejects(seen, failure(/refused: --require,[^ ]*fakeKeytar.cjs$/))
  })

  it('keeps the debugger shut when it is asked for by a signal', { skip: notPosix }, async () => {
    const asked = keychain(`return { getPassword: async () => {
      process.kill(process.pid, 'SIGUSR1')
      await sleep(200)
      throw new Error('debugger at ' + require('node:inspector').url())
    } }`)
    await assert.rejects(asked.get(serialNumber), failure(/debugger at undefined/))
  })
})

describe('a keychain that misbehaves', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-child-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const keychain = (body: string) =>
    makeKeychain({
      env: { ...process.env, HOME: folder },
      platform: 'darwin',
      attended: () => true,
      nodeOptions: fakeKeytar(folder, body),
    })

  it('cannot fill the memory with an item of any length', async () => {
    const long = keychain(`return { getPassword: async () => 'A'.repeat(50_000_000) }`)
    await assert.rejects(long.get(serialNumber), failure(/is not a seed: the seed is longer than/))
  })

  it('is found out when it does not keep what it was given, and the item is deleted', async () => {
    const forgetful = keychain(`return {
      setPassword: async () => {},
      getPassword: async () => 'JBSWY3DP',
      deletePassword: async (service, account) => fs.writeFileSync(folder + '/deleted', service + ' ' + account),
    }`)
    await assert.rejects(forgetful.set(serialNumber, Seed.parse(base32)), failure(/did not keep the seed of arn:/))
    assert.equal(readFileSync(join(folder, 'deleted'), 'utf8'), `awsmfa ${serialNumber}`)
  })

  it('is not written to when it holds the same already, for some ask the person each time', async () => {
    const asking = keychain(`return {
      setPassword: () => Promise.reject(new Error('the person was asked')),
      getPassword: async () => '${base32}',
    }`)
    await asking.set(serialNumber, Seed.parse(base32))
    await assert.rejects(asking.set(serialNumber, Seed.parse(base32.repeat(2))), failure(/the person was asked/))
  })

  it('is found out when only the process that stored a seed can read it, and not a later run', async () => {
    const perClient = keychain(`let mine = null
      return { setPassword: async () => { mine = '${base32}' }, getPassword: async () => mine, deletePassword: async () => {} }`)
    await assert.rejects(perClient.set(serialNumber, Seed.parse(base32)), failure(/did not keep the seed of arn:/))
    const asking = keychain(`let mine = null
      return {
        setPassword: async () => { mine = '${base32}'; fs.writeFileSync(folder + '/stored', '') },
        getPassword: async () => {
          if (mine === null && fs.existsSync(folder + '/stored')) throw new Error('User canceled the operation.')
          return mine
        },
      }`)
    const message = /^the keychain took the seed, and a run that nobody watches could not read it: access .* declined/
    await assert.rejects(asking.set(serialNumber, Seed.parse(base32)), failure(message))
  })

  it('that keeps a person waiting is said to ask something, and to nobody who is not there', async () => {
    const heard: string[] = []
    for (const attended of [true, false]) {
      const slow = makeKeychain({
        env: { ...process.env, HOME: folder },
        platform: 'darwin',
        attended: () => attended,
        limitMs: { attended: 60_000, unattended: 60_000 },
        onWait: (line) => void heard.push(line),
        nodeOptions: fakeKeytar(
          folder,
          `return { getPassword: async () => { await sleep(2_000); return '${base32}' } }`,
        ),
      })
      await slow.get(serialNumber)
    }
    assert.deepEqual(heard, ['the keychain may be asking something in a window'])
  })

  it('on macOS is left alone by runs that nobody watches after one had no answer, until a person came', async () => {
    const asks = `fs.appendFileSync(folder + '/asked', '.')
      return { getPassword: async () => (fs.existsSync(folder + '/allowed') ? '${base32}' : sleep(60_000)) }`
    const run = (attended: boolean, platform: NodeJS.Platform = 'darwin') =>
      makeKeychain({
        env: { ...process.env, HOME: folder },
        platform,
        attended: () => attended,
        limitMs: { attended: 60_000, unattended: 1_500 },
        stateFolder: folder,
        nodeOptions: fakeKeytar(folder, asks),
      }).get(serialNumber)
    const asked = () => readFileSync(join(folder, 'asked'), 'utf8').length
    const note = join(folder, 'keychain-dialog')
    await assert.rejects(run(false, 'win32'), failure(/did not answer within/))
    await assert.rejects(run(false), failure(/did not answer within/))
    for (const _ of [1, 2]) await assert.rejects(run(false), failure(/did not answer a run that nobody watched/))
    assert.equal(asked(), 2)
    utimesSync(note, new Date(), new Date(Date.now() - 25 * 3_600_000))
    await assert.rejects(run(false), failure(/did not answer within/))
    await assert.rejects(run(false), failure(/did not answer a run/))
    writeFileSync(join(folder, 'allowed'), '')
    assert.equal((await run(true))?.reveal(), base32)
    assert.equal(existsSync(note), false)
  })

  it('is found out when a deleted item is still there', async () => {
    const stubborn = keychain(`return { getPassword: async () => 'x', deletePassword: async () => true }`)
    await assert.rejects(stubborn.delete(serialNumber), failure(/still in the keychain/))
  })

  it('may hold a seed that somebody typed with blanks and in lower case', async () => {
    const seed = await keychain(`return { getPassword: async () => 'jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp ' }`).get(
      'x',
    )
    assert.equal(seed?.reveal(), base32)
  })

  it('is found out when an item is not a seed, without showing the item', async () => {
    const odd = keychain(`return { getPassword: async () => 'not-a-seed-0189' }`)
    await assert.rejects(odd.get(serialNumber), (error: unknown) => {
      assert.ok(error instanceof Failure)
      assert.equal(error.kind, 'act')
      assert.match(error.message, /^the item of arn:.* in the keychain is not a seed: /)
      assert.doesNotMatch(`${error.message} ${error.hints} ${error.stack}`, /0189/)
      return true
    })
  })

  it('has macOS words translated', async () => {
    const locked = keychain(
      `return { getPassword: () => Promise.reject(new Error('User interaction is not allowed.')) }`,
    )
    await assert.rejects(
      locked.get(serialNumber),
      failure(/keychain is locked, or this is not a session of the desktop/),
    )
  })

  it('is told apart from a keytar that does not load', async () => {
    await assert.rejects(
      keychain(`throw new Error('Failed to load keytar native addon')`).get(serialNumber),
      failure(/^(keytar cannot be loaded|the keychain's library is missing): /),
    )
  })

  it('is told apart from a libsecret that does not load', { skip: notLinux }, async () => {
    // The linker stops at the first file of the name, so an empty one is as good as none.
    writeFileSync(join(folder, 'libsecret-1.so.0'), '')
    const broken = makeKeychain({
      env: { ...process.env, LD_LIBRARY_PATH: folder },
      platform: 'darwin',
      attended: () => true,
      nodeOptions: [],
    })
    await assert.rejects(broken.get(serialNumber), failure(/^the keychain's library is missing: .*libsecret-1\.so\.0/))
  })
})

describe('the throw-away keychain', () => {
  it('takes the place of the real one for a program that knows nothing of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'awsmfa-throw-away-'))
    try {
      const from = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
      const program = join(folder, 'program.mjs')
      writeFileSync(
        program,
        `import { Seed } from ${from('core/seed.js')}
        import { makeKeychain } from ${from('world/keychain.js')}
        const { env, platform } = process
        const keychain = makeKeychain({ env, platform, attended: () => false })
        await keychain.set('a', Seed.parse('${base32}'))
        await keychain.set('b', Seed.parse('${base32}'))
        const seed = await keychain.get('a')
        console.log(seed.reveal(), await keychain.delete('a'), await keychain.delete('a'), await keychain.get('a'))`,
      )
      const fake = fileURLToPath(new URL('../../../test/support/throwAwayKeychain.cjs', import.meta.url))
      const env = { ...process.env, HOME: folder, USERPROFILE: folder, DBUS_SESSION_BUS_ADDRESS: undefined }
      const output = execFileSync(process.execPath, ['--require', fake, program], { env, encoding: 'utf8' })
      assert.equal(output, `${base32} true false undefined\n`)
      const file = join(folder, '.throw-away-keychain.json')
      assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { 'awsmfa b': base32 })
      if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

function failure(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error))
    assert.equal(error.kind, 'act')
    assert.match(error.message, message)
    return true
  }
}

/** A process that asks the keychain, and exits on SIGINT as awsmfa does. */
function startParent(nodeOptions: readonly string[]): ChildProcess {
  const program = new URL('../../src/world/keychain.js', import.meta.url).href
  const options = `{ env: process.env, platform: 'darwin', attended: () => true, nodeOptions: ${JSON.stringify(nodeOptions)} }`
  const code = `import { makeKeychain } from ${JSON.stringify(program)}
    process.on('SIGINT', () => process.exit(130))
    await makeKeychain(${options}).get('x')`
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' })
}

function processesNaming(text: string): string[] {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'pid=', '-o', 'args='], { encoding: 'utf8' })
  return list.split('\n').filter((line) => line.includes(text))
}

/** The process id that a fake writes to the file `pid`, once it is there. */
async function childOf(folder: string): Promise<number> {
  const file = join(folder, 'pid')
  const read = () => Number(existsSync(file) ? readFileSync(file, 'utf8') : '')
  await until('its process id', () => read() > 0)
  return read()
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { oldestNodes } from '../../src/core/oldestNode.js'
import { absent, which } from '../support/parts.js'
import { program, startOf, withoutNode } from '../support/program.js'
import { assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'
import { tempFolder } from '../support/tempFolder.js'
import { until } from '../support/until.js'

const enrolled = { files: enrolledFiles }
const linux = process.platform === 'linux'

/** A run that waits for AWS and holds the lock. */
async function waitingRun(sandbox: Sandbox, within: readonly string[] = []) {
  sandbox.sts.fault('hang')
  const started = sandbox.start(['refresh'], { within })
  await until('the request', () => sandbox.sts.log.length === 1)
  assert.deepEqual(locks(sandbox), ['lock'])
  return started
}

function locks({ home }: Sandbox): string[] {
  return readdirSync(join(home.path, '.local', 'state', 'awsmfa')).filter((name) => /lock|tmp/.test(name))
}

describe('a signal', { concurrency: 4, skip: process.platform === 'win32' }, () => {
  const everywhere = ['SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGVTALRM'] as const
  const signals = linux ? ([...everywhere, 'SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const) : everywhere
  for (const signal of signals) {
    const skip = signal === 'SIGPWR' || signal === 'SIGSTKFLT' ? withoutNode(signal) : false
    it(`${signal} ends a run in order`, { skip }, async (t) => {
      const sandbox = await openSandbox(t, enrolled)
      const { files } = sandbox.state()
      const started = await waitingRun(sandbox)
      started.kill(signal)
      const ended = await started.ended
      assert.deepEqual([ended.code, ended.signal, ended.stderr], [128 + constants.signals[signal], null, ''])
      assert.deepEqual(locks(sandbox), [])
      assert.deepEqual(sandbox.state().files, files)
    })
  }

  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const) {
    it(`${signal} at a hidden prompt gives the terminal back`, { skip: absent('python3') }, async (t) => {
      const sandbox = await openSandbox(t)
      const terminal = await sandbox.terminal(['enroll', '--serial-number', alice.serialNumber])
      await terminal.waitFor('(not shown):')
      terminal.signal(signal)
      const end = await terminal.end()
      assert.deepEqual([end.code, end.echo, end.canonical], [code, true, true])
    })
  }

  it('SIGUSR1 opens no inspector and changes nothing', async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const started = await waitingRun(sandbox)
    started.kill('SIGUSR1')
    await new Promise((resolve) => setTimeout(resolve, 300))
    started.kill('SIGTERM')
    const ended = await started.ended
    assert.deepEqual([ended.code, ended.stderr], [143, ''])
  })

  it('that wakes a fault of the program ends in two lines and in order', {
    skip: withoutNode('NODE_OPTIONS'),
  }, async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    sandbox.home.write('fault.cjs', "process.on('SIGWINCH', () => { throw new TypeError('odd') })")
    sandbox.sts.fault('hang')
    const env = { NODE_OPTIONS: `--require=${join(sandbox.home.path, 'fault.cjs')}` }
    const started = sandbox.start(['refresh'], { env })
    await until('the request', () => sandbox.sts.log.length === 1)
    started.kill('SIGWINCH')
    assertRefused(await started.ended, 1, /^awsmfa: this is a bug in awsmfa: TypeError: odd$/)
    assert.deepEqual(locks(sandbox), [])
  })

  // The sandbox searches what is left in the home, where the core file is, for the secrets.
  it('of a fault leaves no seed and no key in a core file', {
    skip:
      !(linux && /^[^|/]*$/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim())) && 'no core files here',
  }, async (t) => {
    const sandbox = await openSandbox(t, enrolled)
    const started = await waitingRun(sandbox, ['/bin/sh', '-c', 'ulimit -c unlimited && exec "$0" "$@"'])
    started.kill('SIGABRT')
    assert.equal((await started.ended).signal, 'SIGABRT')
    const cores = readdirSync(sandbox.home.path).filter((name) => name.startsWith('core'))
    // Without prlimit there is one, without the memory.
    assert.equal(cores.length, which('prlimit') === undefined ? 1 : 0)
  })
})

describe('where there is little to start with', { concurrency: 4, skip: process.platform === 'win32' }, () => {
  it('too few open files are told in two lines, wherever Node itself can start', {
    skip: withoutNode('few open files'),
  }, async (t) => {
    const sandbox = await openSandbox(t, { keychain: 'none' })
    // As little as awsmfa's first file: what Node cannot read of that, no program can tell of.
    const bare = join(tempFolder(t), 'bare.mjs')
    writeFileSync(bare, '')
    const limited = (files: number) => ['/bin/sh', '-c', `ulimit -n ${files} && exec "$0" "$@"`]
    let started = 0
    for (let files = 17; files <= 30; files++) {
      const [shell = '', ...words] = limited(files)
      if (spawnSync(shell, [...words, process.execPath, bare]).status !== 0) continue
      started += 1
      // It loads more than refresh, which needs hardly more than Node itself.
      const run = await sandbox.run(['unenroll'], { within: limited(files) })
      assertRefused(run, 3, /EMFILE|no MFA profile is enrolled/)
      if (!run.stderr.includes('EMFILE')) break
      assert.match(run.stderr, /^awsmfa: hint: allow more open files: ulimit -n 256$/m)
    }
    assert.ok(started > 0, 'Node never started')
  })

  it('help and version need no home folder, and all the rest says that there is none', {
    skip: (process.geteuid?.() !== 0 && 'only root can be a nameless user') || absent('setpriv'),
  }, async (t) => {
    const sandbox = await openSandbox(t, { keychain: 'none', env: { HOME: undefined } })
    const within = ['--reuid=54321', '--regid=54321', '--clear-groups', ...startOf({ throwAway: false }).command]
    const nameless = (args: string[]) =>
      spawnSync('setpriv', [...within, ...args], { env: sandbox.env, encoding: 'utf8', cwd: '/' })
    for (const args of [['--help'], ['--version'], ['refresh', '--help'], []]) {
      const { status, stdout, stderr } = nameless(args)
      assert.deepEqual([status, stderr], [0, ''], args.join())
      assert.match(stdout, /awsmfa/)
    }
    for (const args of [['status'], ['refresh'], ['doctor'], ['code'], ['schedule', 'status'], ['hook', 'bash']]) {
      const { status, stderr } = nameless(args)
      assert.match(stderr, /no home folder: HOME is not set and uid 54321 is in no user database/, args.join(' '))
      assert.match(stderr, /^awsmfa: /)
      assert.doesNotMatch(stderr, /\bat .*:\d+:\d+|this is a bug/)
      assert.equal(status, 3, stderr)
    }
  })

  it('a Node that is too old is told in one sentence, whatever was asked for', {
    skip: withoutNode('old Node'),
  }, async (t) => {
    const nodeOf = async (version: number) => {
      const line = ['-y', '--prefer-offline', '-p', `node@${version}`, '-c', 'command -v node']
      return realpathSync((await promisify(execFile)('npx', line, { encoding: 'utf8' })).stdout.trim())
    }
    let nodes: string[]
    try {
      nodes = await Promise.all([12, 18].map(nodeOf))
    } catch {
      const reason = 'npm cannot give us old Nodes now'
      if (process.env.AWSMFA_REQUIRE_PARTS === '1') throw new Error(reason)
      return t.skip(reason)
    }
    for (const node of nodes) {
      const { status, stdout, stderr } = spawnSync(node, [program, 'refresh', '--help'], { encoding: 'utf8' })
      assert.deepEqual([status, stdout], [2, ''], stderr)
      const sentence = /^awsmfa needs Node (\S+) or later; this is (12|18)\.\d+\.\d+ \((.*)\)\n$/.exec(stderr)
      assert.deepEqual(sentence?.slice(1, 2).concat(sentence[3] ?? ''), [oldestNodes[0], node], stderr)
    }
  })
})

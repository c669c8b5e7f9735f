import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { commands } from '../../src/cli/table.js'
import { absent } from '../support/parts.js'
import { program, top, withoutNode } from '../support/program.js'
import { assertRefused, openSandbox } from '../support/sandbox.js'

const lines = (text: string) => text.trimEnd().split('\n')
/** The commands that the top-level help names: the lines with a name, a gap and an explanation. */
const commandsIn = (help: string) =>
  [...help.matchAll(/^ {2}([a-z-]+)(?: [A-Z[\]]+)? {2,}\S/gm)].map(([, name = '']) => name)

describe('help', { concurrency: 4 }, () => {
  it('fits a terminal of 80 columns and 24 lines, examples first, prompt line included', async (t) => {
    const { run } = await openSandbox(t)
    const help = await run(['--help'])
    assert.deepEqual([help.code, help.stderr], [0, ''])
    assert.equal(lines(help.stdout)[0], 'Examples:')
    assert.ok(lines(help.stdout).length <= 24, `${lines(help.stdout).length} lines`)
    for (const line of lines(help.stdout)) assert.ok(line.length <= 80, line)
    assert.equal((await run([])).stdout, help.stdout)
  })

  it('begins with examples for every command, which name that command', async (t) => {
    const { run } = await openSandbox(t)
    const names = commandsIn((await run(['--help'])).stdout)
    assert.deepEqual(names, Object.keys(commands))
    for (const name of names) {
      const help = await run([name, '--help'])
      assert.deepEqual([help.code, help.stderr], [0, ''], name)
      const [first, second = ''] = lines(help.stdout)
      assert.equal(first, 'Examples:', name)
      assert.match(second, new RegExp(`^  \\$ .*awsmfa ${name}\\b`))
      assert.match(help.stdout, new RegExp(`\nUsage: awsmfa ${name}`))
    }
  })

  it('tells version and package, for other tools have the same name', async (t) => {
    const { run } = await openSandbox(t)
    const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
    const told = await run(['--version'])
    assert.deepEqual([told.code, told.stdout, told.stderr], [0, `awsmfa ${version} (npm package awsmfa)\n`, ''])
  })

  it('suggests the command and the flag that was probably meant', async (t) => {
    const { run } = await openSandbox(t)
    const command = await run(['refrsh'])
    assertRefused(command, 2, /unknown command 'refrsh'/)
    assert.match(command.stderr, /hint: did you mean refresh\? awsmfa help lists the commands$/m)
    const flag = await run(['refresh', '--forec'])
    assertRefused(flag, 2, /unknown option '--forec'/)
    assert.match(flag.stderr, /hint: did you mean --force\?/)
  })

  it('tells wrong usage in one sentence, with the help of the command that was meant', async (t) => {
    const { run } = await openSandbox(t)
    const extra = await run(['refresh', 'extra'])
    assertRefused(extra, 2, /^awsmfa: too many arguments: awsmfa refresh takes nothing besides its flags$/m)
    assert.match(extra.stderr, /^awsmfa: hint: awsmfa help refresh shows what there is$/m)
    assertRefused(await run(['toString']), 2, /./)
  })

  it('says what to do when a seed was given as a flag, and does not repeat it', async (t) => {
    const { run } = await openSandbox(t)
    const seed = 'NB2W45DFOIZANB2W45DFOIZANB2W45DF'
    for (const args of [[`--seed=${seed}`], ['--secret', seed]]) {
      const refused = await run(['enroll', ...args])
      assertRefused(refused, 2, /a seed does not belong on the command line/)
      assert.match(refused.stderr, /hint: if this was one, make a new device/)
      assert.ok(!refused.stderr.includes(seed.slice(0, 6)))
    }
  })

  it('needs neither keychain nor home nor network', async (t) => {
    const { run } = await openSandbox(t, { keychain: 'none', files: {}, env: { HOME: undefined, PATH: undefined } })
    for (const args of [['--help'], ['--version'], ['refresh', '--help']]) assert.equal((await run(args)).code, 0)
  })

  it('loads nothing that a command does', { skip: withoutNode('lazy loading') }, async (t) => {
    const { run, home } = await openSandbox(t)
    for (const [index, args] of [['--help'], ['version'], ['refresh', '--help'], ['refresh', '--forec']].entries()) {
      // Node leaves there a list of all scripts that it has loaded.
      const folder = join(home.path, `loaded-${index}`)
      await run(args, { env: { NODE_V8_COVERAGE: folder } })
      const [report = ''] = readdirSync(folder)
      const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: { url: string }[] }
      const ours = pathToFileURL(dirname(realpathSync(program))).href
      const loaded = result.filter(({ url }) => url.startsWith(ours)).map(({ url }) => url.slice(ours.length + 1))
      assert.ok(loaded.includes('main.js'), loaded.join())
      const small = /^(main|(edge|parse|rolldown-runtime)-[\w-]{8})\.js$/
      assert.deepEqual(
        loaded.filter((name) => !small.test(name)),
        [],
      )
    }
  })
})

describe('a session that is fresh', { concurrency: 2, skip: withoutNode('lazy loading') }, () => {
  for (const args of [['refresh', '--quiet'], ['credential-process']]) {
    it(`is found by one small file and without Node's slow modules: ${args[0]}`, async (t) => {
      const { home, run, enroll } = await openSandbox(t)
      await enroll()
      // The first one writes the hook's stamp.
      await run(args, { handsOut: true })
      const [list, bare, folder] = ['list.cjs', 'bare.mjs', 'loaded'].map((name) => join(home.path, name)) as [
        string,
        string,
        string,
      ]
      const file = JSON.stringify(join(home.path, 'modules'))
      writeFileSync(
        list,
        `process.on('exit', () => require('fs').writeFileSync(${file}, process.moduleLoadList.join('\\n')))`,
      )
      writeFileSync(bare, '')
      const modules = () => new Set((home.read('modules') ?? '').split('\n'))
      execFileSync(process.execPath, ['--require', list, bare])
      const before = modules()
      const fresh = await run(args, {
        handsOut: true,
        env: { NODE_OPTIONS: `--require ${list}`, NODE_V8_COVERAGE: folder },
      })
      assert.deepEqual([fresh.code, fresh.stderr], [0, ''])
      const slow = ['crypto', 'child_process', 'net', 'tls', 'http', 'https', 'readline', 'worker_threads', 'zlib']
      const loaded = [...modules()]
        .filter((name) => !before.has(name))
        .map((name) => name.replace(/^NativeModule /, ''))
      assert.deepEqual(
        loaded.filter((name) => slow.includes(name)),
        [],
      )
      const [report = ''] = readdirSync(folder)
      const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: { url: string }[] }
      const ours = pathToFileURL(dirname(realpathSync(program))).href
      const files = result.filter(({ url }) => url.startsWith(ours)).map(({ url }) => url.slice(ours.length + 1))
      const small = /^(main|(edge|rolldown-runtime)-[\w-]{8})\.js$/
      assert.deepEqual([files.length > 1, files.filter((name) => !small.test(name))], [true, []])
    })
  }
})

describe('a user whom no database knows, and without HOME', {
  skip: process.getuid?.() === 0 ? absent('setpriv') : 'only root can become another user',
}, () => {
  // As under `docker run --user 54321`, or an arbitrary user id of a cluster.
  const within = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups']
  const env = { HOME: undefined, LOGNAME: undefined, PATH: '/usr/bin:/bin' }

  it('gets help and version, and is told by a command what is missing', async (t) => {
    const { run } = await openSandbox(t, { keychain: 'none', files: {}, env })
    for (const args of [['--help'], ['version'], ['help', 'refresh']]) {
      assert.deepEqual([(await run(args, { within })).code, args], [0, args])
    }
    const refused = await run(['status'], { within })
    assertRefused(refused, 3, /^awsmfa: no home folder: HOME is not set and uid 54321 is in no user database$/m)
    assert.match(refused.stderr, /^awsmfa: hint: set HOME to a folder that you can write$/m)
  })
})

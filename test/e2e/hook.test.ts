import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { suite, test } from 'node:test'
import { hookSnippet } from '../../src/core/hookSnippet.js'
import { backgroundOf, Desk, dialects, processArguments, processGroup, until } from '../support/hookDesk.js'
import { absent } from '../support/parts.js'
import { standalone } from '../support/program.js'
import { openPty } from '../support/pty.js'
import { enrolledFiles, openSandbox } from '../support/sandbox.js'
import { untraceable } from '../support/strace.js'

const run = 'hook refresh --no-input --quiet'
const line = 'awsmfa: profile mfa needs you: the keychain is locked (more: awsmfa status)'

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  suite(`the hook in ${shell}`, { skip: absent(shell, 'python3'), concurrency: 2 }, () => {
    test('starts no process while the session is fresh', { skip: untraceable() }, async (t) => {
      const desk = new Desk(t, shell)
      const log = join(desk.home, 'trace')
      const trace = [
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=execve,clone,clone3,fork,vfork',
        '-e',
        'signal=none',
        '-o',
        log,
      ]
      const count = async () => {
        await desk.visit(trace)
        await desk.settled()
        const calls = readFileSync(log, 'utf8').split('\n')
        return calls.filter((call) => !/CLONE_THREAD|resumed>|\+\+\+/.test(call) && call.includes('(')).length
      }
      desk.startUp('')
      await desk.visit() // fish makes its folders the first time, by a process
      const without = await count()
      desk.startUp(hookSnippet(shell, desk.paths))
      desk.stamp(3600)
      const fresh = await count()
      desk.stamp(-1)
      const due = await count()
      assert.equal(fresh, without)
      assert.ok(due > fresh, 'a process would have been seen')
      await until(() => desk.runs.includes('finished'))
    })

    test('starts one refresh when ten shells open together', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const shells = await Promise.all(Array.from({ length: 10 }, () => desk.open()))
      await Promise.all(shells.map((each) => each.waitFor('READY> ')))
      await desk.settled()
      await until(() => desk.runs.length > 0)
      desk.letGo()
      for (const each of shells) each.type('exit\r')
      await Promise.all(shells.map((each) => each.end()))
      await until(() => desk.runs.includes('finished'))
      assert.deepEqual(desk.runs, [run, 'finished'])
    })

    test('the prompt does not wait for the refresh, which outlives Ctrl-C and the shell', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const open = await desk.open()
      await open.waitFor('READY> ')
      await until(() => desk.runs.length === 1)
      // Signals of the terminal go to the shell's group, or to that of the command it runs in the foreground.
      assert.notEqual(processGroup(desk.pid), processGroup(open.pid))
      open.type('sleep 61.7\r')
      await until(() => processArguments().some((args) => args.join(' ') === 'sleep 61.7 '))
      open.type('\x03')
      await open.waitFor(/\^C[\s\S]*READY> /)
      open.type('exit\r')
      const { output } = await open.end()
      assert.doesNotMatch(output, /\[\d+\]|job|done|terminated|awsmfa/i)
      desk.letGo()
      await until(() => desk.runs.includes('finished'))
    })

    test('says nothing but the line for the person, once', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(3600)
      assert.equal((await desk.visit()).trim(), '')
      desk.stamp(3600, line)
      assert.equal((await desk.visit()).trim(), line)
      await desk.settled()
      assert.deepEqual(desk.runs, [])
    })

    test('starts a refresh when there is no stamp, or one that cannot be read', async (t) => {
      const desk = new Desk(t, shell)
      assert.equal((await desk.visit()).trim(), '')
      await until(() => desk.runs.length === 2)
      writeFileSync(join(desk.state, 'stamp'), 'a[$(id >&2)]')
      utimesSync(join(desk.state, 'stamp'), 0, 0)
      assert.equal((await desk.visit()).trim(), '')
      await until(() => desk.runs.length === 4)
    })

    test('leaves a refresh to the hook that has claimed it, unless that was long ago', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      writeFileSync(desk.claim, '')
      await desk.visit()
      await desk.settled()
      assert.deepEqual(desk.runs, [])
      const before = Date.now() / 1000 - 600
      utimesSync(desk.claim, before, before)
      await desk.visit()
      await until(() => desk.runs.includes('finished'))
    })

    test('does nothing in a shell that nobody types into', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      const { startUp, source } = dialects[shell]
      const { stdout, stderr, status } = spawnSync(shell, source(join(desk.home, startUp)), { env: desk.env })
      await desk.settled()
      assert.deepEqual([`${stdout}${stderr}`, status, desk.runs], ['', 0, []])
    })

    for (const gone of ['node', 'program'] as const) {
      test(`says so when ${gone} is gone and a refresh is due, beside what the stamp says`, async (t) => {
        const desk = new Desk(t, shell)
        const path = join(desk.home, 'gone')
        desk.startUp(hookSnippet(shell, { ...desk.paths, [gone]: path }))
        desk.stamp(3600)
        assert.equal((await desk.visit()).trim(), '')
        desk.stamp(-1, line)
        const [first, second, ...others] = (await desk.visit()).trim().split('\n')
        assert.deepEqual([first, others], [line, []])
        assert.ok(second?.startsWith('awsmfa: ') && second.includes(`${path} `), second)
        assert.match(second ?? '', new RegExp(` is gone, .* "awsmfa hook ${shell}" `))
        rmSync(join(desk.state, 'stamp'))
        assert.equal((await desk.visit()).trim(), '', 'nothing says that there was ever a session')
        await desk.settled()
        assert.deepEqual([desk.runs, existsSync(desk.claim)], [[], false])
      })
    }

    test('does nothing when the state is gone', async (t) => {
      const desk = new Desk(t, shell)
      rmSync(desk.state, { recursive: true })
      rmSync(desk.program)
      assert.equal((await desk.visit()).trim(), '')
      await desk.settled()
      assert.deepEqual([desk.runs, existsSync(desk.state)], [[], false])
    })

    test("does nothing with another user's state, as in a root shell that kept HOME", async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1, line)
      // Who is not root cannot give a folder away, and takes one of root's.
      if (process.getuid?.() === 0) chownSync(desk.state, 65_534, 65_534)
      else desk.startUp(hookSnippet(shell, { ...desk.paths, stateFolder: '/' }))
      assert.equal((await desk.visit()).trim(), '')
      await desk.settled()
      assert.deepEqual(desk.runs, [])
    })

    test('works in the strictest modes, keeps the status and leaves one name behind, also when it is there twice', async (t) => {
      const desk = new Desk(t, shell)
      desk.stamp(-1)
      desk.hold()
      const { strict, status, names } = dialects[shell]
      const snippet = hookSnippet(shell, desk.paths)
      const list = (file: string) =>
        `{ ${names}; } >"$HOME/${file}"`.replace(/^{(.*)}/, shell === 'fish' ? 'begin;$1end' : '{$1}')
      desk.startUp(`${list('before')}\n${snippet}\n${snippet}\n${list('after')}\n${strict}\n${snippet}\n${status}`)
      assert.equal((await desk.visit()).trim(), 'status 7')
      const [before, after] = ['before', 'after'].map((file) => readFileSync(join(desk.home, file), 'utf8'))
      assert.ok((before ?? '').length > 100)
      assert.equal(after?.replace('__awsmfa_pid\n', ''), before)
      await desk.settled()
      await until(() => desk.runs.length > 0)
      desk.letGo()
      await until(() => desk.runs.includes('finished'))
      assert.deepEqual(desk.runs, [run, 'finished'])
    })

    test('a hook that comes too late sees that another has refreshed', async (t) => {
      const desk = new Desk(t, shell)
      const background = backgroundOf(hookSnippet(shell, desk.paths))
      desk.stamp(3600)
      const seen = String(Math.floor(Date.now() / 1000) - 5)
      const { status } = spawnSync('/bin/sh', ['-c', background, 'awsmfa', desk.state, seen, '/bin/sh', desk.program])
      assert.deepEqual([status, desk.runs, existsSync(desk.claim)], [0, [], false])
    })
  })
}

suite('the hook and the real program', { skip: absent('bash', 'python3') }, () => {
  test('an expired session is renewed by a new shell, and a person who is needed is told by the next', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const { home, sts } = sandbox
    assert.equal((await sandbox.run(['refresh'])).code, 0)
    const snippet = await sandbox.run(['hook', 'bash'])
    assert.equal(snippet.code, 0)
    // Node with the options that bring the throw-away keychain, and a sign of its end.
    const node = join(home.path, 'node')
    const [started] = sandbox.command
    const options = (standalone ? sandbox.command : sandbox.command.slice(0, -1)).join("' '")
    home.write('node', `#!/bin/sh\n'${options}' "$@"\necho >>"$0.ended"\n`, 0o700)
    const text = snippet.stdout.replace(`'${started}'`, `'${node}'`)
    assert.notEqual(text, snippet.stdout)
    // A last line without an end: the snippet must not become a part of it.
    home.write('.bashrc', `PS1='READY> '${text}`)
    const state = join(home.path, '.local/state/awsmfa')
    const visit = async () => {
      const env = { ...sandbox.env, TERM: 'dumb' }
      const shell = await openPty('bash', ['--noprofile', '--rcfile', join(home.path, '.bashrc'), '-i'], { env })
      await shell.waitFor('READY> ')
      shell.type('exit\r')
      return (await shell.end()).output
    }
    const expire = () => {
      home.write('.aws/credentials', (home.read('.aws/credentials') ?? '').replace(/(?<=expires = )\d+/, '2000'))
      writeFileSync(join(state, 'stamp'), '0\n\n')
      utimesSync(join(state, 'stamp'), 0, 0)
    }
    const dueLater = () => Number.parseInt(readFileSync(join(state, 'stamp'), 'utf8'), 10) > Date.now() / 1000
    const ended = (times: number) => until(() => home.read('node.ended')?.length === times)

    await visit()
    assert.ok(dueLater(), 'the first refresh has left a stamp')
    assert.equal(sts.log.length, 1)
    expire()
    await visit()
    await ended(1)
    assert.deepEqual([sts.log.length, dueLater(), existsSync(join(state, 'hook.claim'))], [2, true, false])
    assert.doesNotMatch(home.read('.aws/credentials') ?? '', /expires = 2000/)

    expire()
    home.write('.throw-away-keychain.json', '{}')
    await visit()
    await ended(2)
    assert.match(
      await visit(),
      /^awsmfa: profile mfa needs you: the keychain holds no seed .* \(more: awsmfa status\)\r$/m,
    )
    assert.equal(sts.log.length, 2)
  })
})

suite('the hook in older shells', { skip: absent('bash', 'fish', 'python3'), concurrency: 2 }, () => {
  for (const [shell, older] of [
    ['bash', 'unset EPOCHSECONDS'],
    ['fish', ''],
  ] as const) {
    test(`${shell} finds the time by itself`, async (t) => {
      const desk = new Desk(t, shell)
      desk.startUp(`${older}\n${hookSnippet(shell, desk.paths).replace('--query path', '--query nothing')}`)
      desk.stamp(3600)
      assert.equal((await desk.visit()).trim(), '')
      await desk.settled()
      assert.deepEqual(desk.runs, [])
      desk.stamp(-3)
      await desk.visit()
      await until(() => desk.runs.includes('finished'))
    })
  }
})

suite('the hook for bash and sh, as shellcheck sees it', { skip: absent('shellcheck') }, () => {
  test('has nothing to be warned of', () => {
    const paths = { node: '/usr/bin/node', program: "/opt/it's/main.js", stateFolder: '/home/a b' }
    const snippet = hookSnippet('bash', paths)
    // Within single quotes it would see nothing; what they hold has none itself.
    const plain = snippet.replace(/^'builtin' 'eval' '\n([^']*)'$/m, '$1')
    assert.notEqual(plain, snippet)
    const background = backgroundOf(snippet)
    for (const [dialect, text] of [
      ['bash', plain],
      ['sh', background],
    ] as const) {
      // SC2016: what is in single quotes is meant for another shell.
      // SC3045: `ulimit -c` is not in POSIX, but in every sh; where it is not, the run goes on.
      const { stdout, status } = spawnSync('shellcheck', ['--shell', dialect, '--exclude', 'SC2016,SC3045', '-'], {
        input: text,
        encoding: 'utf8',
      })
      assert.deepEqual([stdout, status], ['', 0])
    }
  })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { absent, which } from '../support/parts.js'
import { openPty } from '../support/pty.js'
import { aliceFiles, assertRefused, enrolledFiles, openSandbox, type Sandbox } from '../support/sandbox.js'
import { until } from '../support/until.js'

/** Enrolled, with a session that has so many minutes to live. */
function freshFiles(minutes = 300): Readonly<Record<string, string>> {
  const end = new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19)
  return {
    ...enrolledFiles,
    '.aws/credentials': `${aliceFiles['.aws/credentials']}
[mfa]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYSESSIONKEY
aws_session_token = IQoJb3JpZ2luX2Vj/mfa+session==
x_security_token_expires = ${end}Z
`,
  }
}

const windows = process.platform === 'win32'
const handsOut = { handsOut: true } as const

/** A shell's word for the program in the sandbox. */
const awsmfa = ({ command }: Sandbox) => command.map((word) => `'${word}'`).join(' ')

describe('awsmfa exec', { concurrency: 2, skip: windows }, () => {
  it('gives the session in the environment, and leaves all else there as it was', async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    const env = {
      AWS_PROFILE: 'x',
      AWSUME_PROFILE: 'y',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1',
      ODD: ' =\n',
    }
    const print = [process.execPath, '-p', 'JSON.stringify(process.env)']
    const plain = JSON.parse((await sandbox.run(['exec', ...print], { env: { ODD: ' =\n' }, ...handsOut })).stdout)
    const { code, stdout, stderr } = await sandbox.run(['exec', '--', ...print], { env, ...handsOut })
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(JSON.parse(stdout), plain)
    const { AWS_CREDENTIAL_EXPIRATION: end, PATH, DBUS_SESSION_BUS_ADDRESS: bus, ...rest } = plain
    // The stand-in for the keychain sets these two.
    assert.ok(bus && PATH.endsWith(sandbox.env.PATH))
    assert.match(end, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const { PATH: _, ...own } = sandbox.env
    assert.deepEqual(rest, {
      ...own,
      ODD: ' =\n',
      AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYSESSIONKEY',
      AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2Vj/mfa+session==',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    })
    assert.equal(sandbox.sts.log.length, 0)
  })

  it('hands on arguments, standard input and exit codes as a shell does', async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    sandbox.home.write('text', 'printf "%s," "$@"; cat; exit 3\n', 0o755)
    sandbox.home.write('no loader', '#!/no/such/sh\n', 0o755)
    const run = (args: readonly string[], input?: string) =>
      sandbox.run(['exec', '--', ...args], { ...handsOut, ...(input === undefined ? {} : { input }) })
    const args = ['--quiet', '--', '--help', '-profile', '', 'a b']
    const text = await run(['./text', ...args], 'typed words')
    assert.deepEqual([text.code, text.stdout], [3, `${args.join()},typed words`])
    assert.equal((await run(['sh', '-c', 'exit 7'])).code, 7)
    assertRefused(await run(['no-such-program']), 127, /cannot run no-such-program: there is no such program/)
    assertRefused(await run(['./no loader']), 127, /the program that its first line names is not there/)
    assertRefused(await run(['.aws/config']), 126, /\.aws\/config is not executable/)
    assertRefused(await run(['/']), 126, /\/ is a folder/)
    assertRefused(await run([]), 2, /CMD is missing/)
    const killed = await run(['sh', '-c', 'kill -KILL $$'])
    assert.equal(killed.signal, 'SIGKILL')
    assert.equal(sandbox.sts.log.length, 0)
  })

  it('lets a pipe whose reader has gone end the program', { skip: absent('bash') }, async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    const script = '"$0" "$@" | head -1; echo "$PIPESTATUS"'
    const within = [which('bash') ?? 'bash', '-c', script]
    const { stdout, stderr } = await sandbox.run(['exec', '--', 'yes'], { within, ...handsOut })
    assert.deepEqual([stdout, stderr], ['y\n141\n', ''])
  })

  it('leaves the standard streams as they were, also when it has said something', {
    skip: absent('python3'),
  }, async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles(40) })
    const script = 'import fcntl, os; print([fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (0, 1, 2)])'
    const python = execFileSync('python3', ['-IS', '-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).trim()
    const { stdout, stderr } = await sandbox.run(['exec', '--', python, '-IS', '-c', script], {
      input: '',
      ...handsOut,
    })
    assert.match(stderr, /^awsmfa: the session of profile mfa ends at [^\n]*\(\d\d min\)[^\n]*\n$/)
    assert.equal(stdout, '[0, 0, 0]\n')
  })

  it('renews first, holds no lock meanwhile, and works within itself', async (t) => {
    const sandbox = await openSandbox(t, { files: enrolledFiles })
    const inner = `ls .local/state/awsmfa; ${awsmfa(sandbox)} exec -- sh -c 'echo "$AWS_ACCESS_KEY_ID"'; echo "$AWS_ACCESS_KEY_ID"`
    const { code, stdout, stderr } = await sandbox.run(['exec', '--', 'sh', '-c', inner], {
      env: { AWS_PROFILE: 'nobody' },
      ...handsOut,
    })
    assert.deepEqual([code, stderr], [0, ''])
    assert.doesNotMatch(stdout, /lock/)
    const [first, second] = stdout.trimEnd().split('\n').slice(-2)
    assert.match(first ?? '', /^ASIA/)
    assert.equal(first, second)
    assert.equal(sandbox.sts.log.length, 1)
  })

  it('passes on a signal that is sent to it', async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    sandbox.home.write(
      'waits',
      '#!/bin/sh\ntrap "kill \\$!; echo asked; exit 9" TERM\ntouch ready\nsleep 60 & wait\n',
      0o755,
    )
    const started = sandbox.start(['exec', '--', './waits'], handsOut)
    await until('the program', () => sandbox.home.read('ready') !== undefined)
    started.kill('SIGTERM')
    const { code, stdout } = await started.ended
    assert.deepEqual([code, stdout], [9, 'asked\n'])
  })
})

describe('awsmfa exec on a terminal', { concurrency: 2, skip: windows || absent('python3') || absent('bash') }, () => {
  it('gives the program the terminal, its size, and one interrupt for one Ctrl-C', async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    // It says that it has read a line before Ctrl-C comes: that key throws away what nobody has read yet.
    const script =
      'trap "interrupts=x\\$interrupts" INT; trap "resizes=x\\$resizes" WINCH; tty; stty size; read line; echo "now $(stty size) $resizes"; read line; sleep 0.3; echo "end $interrupts $line"; exit 5'
    const terminal = await sandbox.terminal(['exec', '--', 'bash', '-c', script], handsOut)
    await terminal.waitFor(/\/dev\/\S+\r\n24 80\r\n/)
    terminal.resize(100, 30)
    terminal.type('\r')
    await terminal.waitFor('now 30 100 x\r\n')
    terminal.type('\x03')
    await terminal.waitFor('^C')
    terminal.type('typed\r')
    await terminal.waitFor('end x typed')
    assert.equal((await terminal.end()).code, 5)
  })

  it('can be stopped, continued and interrupted like any job of a shell', async (t) => {
    const sandbox = await openSandbox(t, { files: freshFiles() })
    const env = { ...sandbox.env, TERM: 'xterm', PS1: 'ready> ' }
    const shell = await openPty(which('bash') ?? 'bash', ['--norc', '--noediting', '-i'], {
      env,
      cwd: sandbox.home.path,
    })
    await shell.waitFor('ready> ')
    shell.type(`${awsmfa(sandbox)} exec -- cat\r`)
    await shell.waitFor('exec -- cat\r\n')
    shell.type('one\r')
    await shell.waitFor('one\r\none\r\n')
    shell.type('\x1a')
    await shell.waitFor(/Stopped[^\n]*\n.*ready> /)
    shell.type('fg\r')
    await shell.waitFor('exec -- cat\r\n')
    shell.type('two\r')
    await shell.waitFor('two\r\ntwo\r\n')
    shell.type('\x03')
    await shell.waitFor('ready> ')
    shell.type('echo "code $?"; exit\r')
    await shell.waitFor('code 130')
    await shell.end()
  })
})

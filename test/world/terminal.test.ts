import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import process from 'node:process'
import { PassThrough } from 'node:stream'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.js'
import { makeTerminal, type VoiceFlags } from '../../src/world/terminal.js'

const driver = fileURLToPath(new URL('../support/terminalDriver.js', import.meta.url))

/** A terminal whose streams and sleeps are written down. */
function observed(flags: VoiceFlags = {}, tty: { isTTY?: boolean; columns?: number } = {}, env = {}) {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), tty)
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), tty)
  const slept: number[] = []
  const clock = { sleep: async (ms: number) => void slept.push(ms) }
  const terminal = makeTerminal({ stdout, stderr, clock, env: { NO_COLOR: '1', ...env } })
  terminal.obey(flags)
  return { terminal, slept, answers: () => stdout.read() ?? '', talk: () => stderr.read() ?? '' }
}

suite('terminal: talk', () => {
  const failure = new Failure('act', 'the keychain is locked', ['unlock it', 'or log in'], new TypeError('no bus'))

  function everything(flags: VoiceFlags) {
    const { terminal, answers, talk } = observed(flags)
    terminal.answer('{"Version":1}')
    terminal.say('profile mfa is good')
    terminal.warn('the file is wide open')
    terminal.detail('read 2 files')
    terminal.fail(failure)
    return [answers(), talk()]
  }
  const failed = 'awsmfa: the keychain is locked\nawsmfa: hint: unlock it\nawsmfa: hint: or log in\n'
  const said = 'awsmfa: profile mfa is good\nawsmfa: warning: the file is wide open\n'

  test('answers go to stdout as they are, talk to stderr with the prefix', () => {
    assert.deepEqual(everything({}), ['{"Version":1}\n', said + failed])
  })

  test('says nothing but failures and answers with --quiet', () => {
    assert.deepEqual(everything({ quiet: true }), ['{"Version":1}\n', failed])
    assert.deepEqual(everything({ quiet: true, verbose: true })[1]?.startsWith(failed), true)
  })

  test('adds detail, and the name and message of a cause, with --verbose', () => {
    assert.deepEqual(everything({ verbose: true }), [
      '{"Version":1}\n',
      `${said}awsmfa: read 2 files\n${failed}awsmfa: cause: TypeError: no bus\n`,
    ])
  })

  test('a message can neither drive the terminal nor forge a line', () => {
    const { terminal, talk } = observed({ verbose: true })
    const hostile = 'x\x1b]0;title\x07\nawsmfa: all good\r\x1b[2K'
    terminal.say(hostile)
    terminal.fail(new Failure('act', hostile, hostile, new Error(hostile)))
    const lines = talk().split('\n')
    assert.equal(lines.length, 5)
    const harmless = 'x\\u{1b}]0;title\\u{7} awsmfa: all good \\u{1b}[2K'
    assert.equal(lines[0], `awsmfa: ${harmless}`)
    assert.equal(lines[2], `awsmfa: hint: ${harmless}`)
    assert.equal(lines[3], `awsmfa: cause: Error: ${harmless}`)
  })

  test('an answer cannot drive the terminal, and JSON stays what it was', () => {
    const { terminal, answers } = observed()
    const stored = 'x\x1b]0;title\x07\x9b2J\x7f\r\u202egnp\u2066'
    terminal.answer(`${stored}\n\tnext`)
    assert.equal(answers(), 'x\\u001b]0;title\\u0007\\u009b2J\\u007f\\u000d\\u202egnp\\u2066\n\tnext\n')
    terminal.answer(JSON.stringify({ stored }))
    const json = answers()
    assert.doesNotMatch(json, /[^\P{Cc}\n]|[\u202e\u2066]/u)
    assert.deepEqual(JSON.parse(json), { stored })
  })

  test('an answer on a terminal keeps its lines, its words and the colours of a QR code', () => {
    const { terminal, answers } = observed({}, { isTTY: true })
    const text = '\x1b[38;5;16m\x1b[48;5;231m█ ▀\x1b[0m  \nprofil “Zoë–東京” می‌خواهم 🔑\t\n'
    terminal.answer(text)
    assert.equal(answers(), `${text}\n`)
  })

  test('no colour of whoever goes into a pipe or a file', () => {
    const { terminal, answers } = observed()
    terminal.answer('\x1b[31mx\x1b[39m')
    assert.equal(answers(), '\\u001b[31mx\\u001b[39m\n')
    assert.equal(observed().terminal.paint('ok', 'ok'), 'ok')
  })

  test('colours words of its own on a terminal, each stream by itself, and nothing of what others wrote', () => {
    const stdout = new PassThrough({ encoding: 'utf8' })
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true })
    const terminal = makeTerminal({ stdout, stderr, env: { TERM: 'xterm' } })
    terminal.obey({ verbose: true })
    terminal.say('\x1b[32msaid')
    terminal.warn('warning: \x1b[32mtwice')
    terminal.fail(new Failure('act', 'awsmfa: hint: \x1b[31mx', 'hint: y', new Error('z')))
    assert.deepEqual((stderr.read() ?? '').split('\n'), [
      'awsmfa: \\u{1b}[32msaid',
      'awsmfa: \x1b[33mwarning:\x1b[39m warning: \\u{1b}[32mtwice',
      '\x1b[31mawsmfa:\x1b[39m awsmfa: hint: \\u{1b}[31mx',
      'awsmfa: \x1b[36mhint:\x1b[39m hint: y',
      'awsmfa: cause: Error: z',
      '',
    ])
    terminal.answer(terminal.paint('ok', 'ok'))
    assert.equal(stdout.read(), 'ok\n')
  })

  test('no talk shows a key id or a seed, not even by mistake', () => {
    const { terminal, talk } = observed({ verbose: true })
    const leak = 'AKIAIOSFODNN7EXAMPLE JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
    terminal.say(leak)
    terminal.warn(leak)
    terminal.detail(leak)
    terminal.fail(new Failure('act', leak, leak, new Error(leak)))
    assert.equal(talk().match(/…MPLE \[seed\]\n/g)?.length, 6)
  })

  test('knows the width of stdout, or takes 80', () => {
    assert.equal(observed().terminal.columns, 80)
    assert.equal(observed().terminal.answersToTerminal, false)
    assert.equal(observed({}, { isTTY: true, columns: 132 }).terminal.columns, 132)
    assert.equal(observed({}, { isTTY: true, columns: 0 }).terminal.columns, 80)
    assert.equal(observed({}, { isTTY: true }).terminal.answersToTerminal, true)
  })
})

suite('terminal: countdown', () => {
  test('rewrites one line a second on a terminal, then erases it', async () => {
    const { terminal, slept, talk } = observed({}, { isTTY: true, columns: 80 })
    await terminal.countdown(2500, 'waiting for the next code')
    assert.deepEqual(slept, [500, 1000, 1000])
    assert.deepEqual(talk().split('\r\x1b[K'), [
      '',
      'awsmfa: waiting for the next code: 3 s',
      'awsmfa: waiting for the next code: 2 s',
      'awsmfa: waiting for the next code: 1 s',
      '',
    ])
  })

  test('never wraps on a narrow terminal', async () => {
    const { terminal, talk } = observed({}, { isTTY: true, columns: 20 })
    await terminal.countdown(1000, 'waiting for the next code')
    assert.equal(talk(), '\r\x1b[Kawsmfa: waiting for\r\x1b[K')
  })

  test('is one plain line where there is no terminal', async () => {
    const { terminal, slept, talk } = observed()
    await terminal.countdown(12_000, 'waiting for the next code')
    assert.deepEqual(slept, [12_000])
    assert.equal(talk(), 'awsmfa: waiting for the next code: 12 s\n')
  })

  test('is silent with --quiet, and waits all the same', async () => {
    const { terminal, slept, talk } = observed({ quiet: true }, { isTTY: true })
    await terminal.countdown(12_000, 'waiting for the next code')
    assert.deepEqual(slept, [12_000])
    assert.equal(talk(), '')
  })
})

suite('terminal: nobody to ask', () => {
  test('--no-input means that nobody is asked', async () => {
    const { terminal } = observed({ noInput: true })
    assert.equal(terminal.interactive, false)
    for (const ask of [terminal.ask, terminal.askHidden, terminal.confirm]) {
      await assert.rejects(
        ask('code:'),
        (error: Failure) =>
          error.kind === 'usage' && /^cannot ask "code:.*": --no-input was given$/.test(error.message),
      )
    }
  })

  test('without a terminal it fails at once instead of reading a pipe', {
    skip: process.platform === 'win32',
  }, async () => {
    // Detached is a new session (setsid), which has no controlling terminal.
    const child = spawn(process.execPath, [driver, 'askHidden'], { detached: true, stdio: ['pipe', 'ignore', 'pipe'] })
    let talk = ''
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      talk += piece
    })
    // Stdin stays open: a program that read it would wait here for ever.
    const [code] = await once(child, 'close')
    assert.equal(code, 2)
    assert.match(talk, /^awsmfa: cannot ask "seed:": .*terminal\nawsmfa: hint: .*\n$/)
  })
})

suite('terminal: output that cannot be written', { skip: process.platform === 'win32' }, () => {
  test('a reader that leaves early ends the output, not the work, and brings no stack', async () => {
    const child = spawn(process.execPath, [driver, 'flood'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let talk = ''
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      talk += piece
    })
    const [code] = await once(child, 'close')
    assert.deepEqual([code, talk], [0, 'awsmfa: the work went on\n'])
  })

  test('survives a stderr whose reader has gone', async () => {
    const child = spawn(process.execPath, [driver, 'flood'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.destroy()
    let answers = ''
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      answers += piece
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 0)
    assert.match(answers, /answer: "done"\n$/)
  })

  test('a slow reader of a pipe gets every line', async () => {
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', '"$0" "$1" flood 2>&1 | { sleep 0.2; cat; }', process.execPath, driver],
      {
        encoding: 'utf8',
        maxBuffer: 10_000_000,
      },
    )
    assert.equal(status, 0)
    assert.equal(stdout.split('\n').length, 10_003)
  })

  test('an answer that a full disk swallows is a failure', { skip: process.platform !== 'linux' }, () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [driver, 'columns'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    assert.equal(status, 3)
    assert.match(stderr, /^awsmfa: cannot write to stdout: ENOSPC/)
  })
})

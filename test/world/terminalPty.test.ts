import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { suite, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { absent } from '../support/parts.js'
import { openPty } from '../support/pty.js'
import { tempFolder } from '../support/tempFolder.js'

const driver = fileURLToPath(new URL('../support/terminalDriver.js', import.meta.url))
const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const secondHalf = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

function drive(...args: string[]) {
  return openPty(process.execPath, [driver, ...args])
}

/** Runs a line of shell on the terminal; `$node` and `$driver` are there. */
function shell(line: string) {
  return openPty('bash', ['-c', line], { env: { ...process.env, node: process.execPath, driver } })
}

suite('terminal on a real one', { skip: absent('python3', 'bash'), concurrency: 2 }, () => {
  test('a hidden prompt shows nothing of what is typed, not even its length', async () => {
    const pty = await drive('askHidden')
    await pty.waitFor('awsmfa: seed: ')
    pty.type(`\x1b[200~${seed}\x1b[201~x\x7f\r`)
    const { code, output, echo, canonical } = await pty.end()
    assert.equal(output, `awsmfa: seed: \r\nanswer: "${seed}"\r\n`)
    assert.deepEqual([code, echo, canonical], [0, true, true])
  })

  for (const [name, pieces] of [
    ['in one piece', [`${seed}\r${secondHalf}\r`]],
    ['30 ms later', [`${seed}\r`, `${secondHalf}\r`]],
    ['in pieces, 30 ms apart', [`${seed}\r`, secondHalf.slice(0, 9), secondHalf.slice(9), '\r']],
  ] as const) {
    for (const method of ['askHidden', 'ask']) {
      test(`a second line that comes ${name} at ${method} is refused, and the shell behind sees nothing of it`, async (t) => {
        const history = join(tempFolder(t), 'history')
        const env = { ...process.env, node: process.execPath, driver, HISTFILE: history, PS1: '$ ', PAUSE_MS: '3000' }
        const pty = await openPty('bash', ['--norc', '--noprofile', '-i'], { env })
        await pty.waitFor('$ ')
        pty.type(`"$node" "$driver" ${method}; echo "code $?"\r`)
        await pty.waitFor('awsmfa: seed: ')
        for (const piece of pieces) {
          pty.type(piece)
          await setTimeout(30)
        }
        await pty.waitFor('awsmfa: more than one line was typed')
        await pty.waitFor('code 2')
        await pty.waitFor('$ ')
        pty.type('exit\r')
        const { output } = await pty.end()
        assert.doesNotMatch(output, /not found|answer/)
        assert.doesNotMatch(readFileSync(history, 'utf8'), new RegExp(secondHalf.slice(0, 9)))
        // In the open the kernel echoes what comes with the line before anybody can stop it.
        if (method === 'askHidden') assert.doesNotMatch(output, new RegExp(secondHalf.slice(0, 9)))
      })
    }
  }

  test('a paste that ends with an empty line is one line', async () => {
    const pty = await drive('hiddenThenOpen')
    await pty.waitFor('seed: ')
    pty.type(`\x1b[200~${seed}\r\n\x1b[201~\r`)
    await pty.waitFor('code: ')
    pty.type('123456\r\r')
    assert.match((await pty.end()).output, new RegExp(`answer: \\["${seed}","123456"\\]`))
  })

  test('Ctrl-C ends a paste that does not end', async () => {
    const pty = await drive('askHidden')
    await pty.waitFor('seed: ')
    pty.type('one\rtwo\r\x03')
    const { code, output, echo, canonical } = await pty.end()
    assert.deepEqual([code, output, echo, canonical], [130, 'awsmfa: seed: \r\n', true, true])
  })

  for (const method of ['ask', 'askHidden']) {
    test(`SIGTERM right after the line of ${method} leaves an echoing terminal`, async () => {
      const pty = await drive(method)
      await pty.waitFor('seed: ')
      pty.type('abc\r')
      await setTimeout(20)
      pty.signal('SIGTERM')
      const { code, echo, canonical } = await pty.end()
      assert.deepEqual([code, echo, canonical], [143, true, true])
    })
  }

  test('after a hidden answer the terminal echoes again while the program goes on', async () => {
    const pty = await drive('hiddenThenOpen')
    await pty.waitFor('seed: ')
    pty.type('hidden\r')
    await pty.waitFor('code: ')
    pty.type('open\r')
    assert.match((await pty.end()).output, /code: open\r\nanswer: \["hidden","open"\]\r\n$/)
  })

  test('an open question echoes and can be edited', async () => {
    const pty = await drive('ask', 'code:')
    await pty.waitFor('awsmfa: code: ')
    pty.type('999\x15123457\x7f6\r')
    const { code, output } = await pty.end()
    assert.match(output, /123457/)
    assert.match(output, /answer: "123456"\r\n$/)
    assert.equal(code, 0)
  })

  test('confirm takes yes for yes and everything else for no', async () => {
    const answers = { y: true, Yes: true, '': false, n: false, yesterday: false }
    const pty = await drive('confirm', 'replace the seed?', String(Object.keys(answers).length))
    for (const [typed, expected] of Object.entries(answers)) {
      await pty.waitFor('awsmfa: replace the seed? [y/N] ')
      pty.type(`${typed}\r`)
      await pty.waitFor(`answer: ${expected}\r\n`)
    }
    assert.equal((await pty.end()).code, 0)
  })

  test('asks on the terminal when stdin and stdout are pipes', async () => {
    const pty = await shell('printf "from the pipe\\n" | "$node" "$driver" askHidden | cat')
    await pty.waitFor('awsmfa: seed: ')
    pty.type('from the person\r')
    const { output } = await pty.end()
    assert.equal(output, 'awsmfa: seed: \r\nanswer: "from the person"\r\n')
  })

  for (const method of ['ask', 'askHidden']) {
    test(`Ctrl-C at ${method} ends with 130 and an echoing terminal`, async () => {
      const pty = await drive(method)
      await pty.waitFor('seed: ')
      pty.type('abc\x03')
      const { code, output, echo, canonical } = await pty.end()
      assert.deepEqual([code, echo, canonical], [130, true, true])
      assert.doesNotMatch(output, /answer|at /)
    })

    test(`Ctrl-D on an empty line of ${method} is the end of input: wrong usage`, async () => {
      const pty = await drive(method)
      await pty.waitFor('seed: ')
      pty.type('\x04')
      const { code, output, echo } = await pty.end()
      assert.deepEqual([code, echo], [2, true])
      assert.match(output, /awsmfa: the input ended before the question was answered\r\n$/)
    })
  }

  for (const [signal, expected] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    test(`${signal} at a hidden prompt leaves an echoing terminal`, async () => {
      const pty = await drive('askHidden')
      await pty.waitFor('seed: ')
      pty.signal(signal)
      const { code, output, echo, canonical } = await pty.end()
      assert.deepEqual([code, echo, canonical], [expected, true, true])
      assert.equal(output, 'awsmfa: seed: \r\n')
    })
  }

  test('a bug elsewhere while the prompt is open leaves an echoing terminal', async () => {
    const pty = await drive('throwing')
    const { code, echo, canonical, output } = await pty.end()
    assert.match(output, /a bug elsewhere/)
    assert.deepEqual([code, echo, canonical], [1, true, true])
  })

  test('is still hidden after a shell stopped the program and switched the echo on', async () => {
    const pty = await drive('askHidden')
    await pty.waitFor('seed: ')
    pty.signal('SIGSTOP')
    pty.set({ ECHO: true, ICANON: true })
    pty.signal('SIGCONT')
    await pty.waitFor('seed: ')
    pty.type(`${seed}\r`)
    assert.equal((await pty.end()).output, `awsmfa: seed: awsmfa: seed: \r\nanswer: "${seed}"\r\n`)
  })

  test('a line that is far too long is refused whole', async () => {
    const pty = await drive('askHidden')
    await pty.waitFor('seed: ')
    pty.type(`${'x'.repeat(5000)}\r`)
    const { code, output } = await pty.end()
    assert.equal(output, 'awsmfa: seed: \r\nawsmfa: what was typed is too long to be an answer\r\n')
    assert.equal(code, 2)
  })

  test('a question cannot drive the terminal', async () => {
    const pty = await drive('ask', 'code for \x1b[2Jmfa:')
    await pty.waitFor('awsmfa: code for \\u{1b}[2Jmfa: ')
    pty.type('\r')
    await pty.end()
  })

  test('the countdown rewrites its line and leaves nothing behind', async () => {
    const pty = await drive('countdown', '1200')
    const { output } = await pty.end()
    assert.equal(
      output,
      '\r\x1b[Kawsmfa: waiting for the next code: 2 s\r\x1b[Kawsmfa: waiting for the next code: 1 s\r\x1b[Kanswer: undefined\r\n',
    )
  })

  test('an interrupted countdown leaves nothing behind', async () => {
    const pty = await drive('countdown', '60000')
    await pty.waitFor('59 s')
    pty.signal('SIGINT')
    const { code, output } = await pty.end()
    assert.equal(code, 130)
    assert.ok(output.endsWith('59 s\r\x1b[K'), output)
  })

  test('a job in the foreground can ask, one in the background cannot and is not stopped', async () => {
    const foreground = await shell('set -m; "$node" "$driver" interactive')
    assert.match((await foreground.end()).output, /answer: true\r\n$/)
    const background = await shell('set -m; "$node" "$driver" interactive & wait')
    assert.match((await background.end()).output, /answer: false\r\n/)
  })

  test('with neither stdin nor stderr a terminal nobody is asked', async () => {
    const pty = await shell('"$node" "$driver" interactive </dev/null 2>/dev/null')
    assert.match((await pty.end()).output, /answer: false\r\n$/)
  })

  test('without a controlling terminal nobody is asked, whatever stdin and stderr are', async () => {
    // Detached is a new session (setsid): it keeps the descriptors and loses the terminal.
    const script = `child_process.spawn(process.execPath, process.argv.slice(1), { detached: true, stdio: 'inherit' })`
    const pty = await openPty(process.execPath, ['-e', script, driver, 'ask'])
    assert.match((await pty.end()).output, /^awsmfa: cannot ask "seed:": there is no terminal\r\n/)
  })

  test('knows the width of the terminal', async () => {
    const pty = await openPty(process.execPath, [driver, 'columns'], { cols: 101 })
    assert.match((await pty.end()).output, /answer: 101\r\n$/)
  })
})

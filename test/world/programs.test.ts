import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { alive } from '../../src/world/alive.js'
import { makePrograms } from '../../src/world/programs.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'
import { until } from '../support/until.js'

const env = { PATH: '/usr/bin:/bin', HOME: '/nowhere', MARK: "the person's own" }
const programs = makePrograms({ env, attended: () => false })
const sh = (script: string) => programs.output(['/bin/sh', '-c', script])

describe("a person's program", { skip: absent('sh') }, () => {
  test('gets its arguments as they are, the environment, and nothing to read', async () => {
    const args = ['a b', '$HOME', '*', '']
    assert.equal(await programs.output(['printf', '<%s>', ...args]), '<a b><$HOME><*><>')
    assert.equal(await sh('printf "%s" "$MARK"; cat'), "the person's own")
  })

  test('that fails is told of with its exit code and the first line of what it complains', async () => {
    const failure = await failsWith('act', /^sh failed \(exit code 7\): the vault is locked$/, () =>
      sh('echo; echo the vault is locked >&2; echo more >&2; exit 7'),
    )
    assert.ok(!failure.message.includes('-c'), 'its arguments may hold a password')
    await failsWith('act', /: no \[seed\] here$/, () => sh('echo no JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP here >&2; exit 1'))
    await failsWith('act', /^sh failed \(SIGTERM\)$/, () => sh('kill -TERM $$'))
  })

  test('that is not there, or is no program, is told of with the short PATH as the likely reason', async () => {
    const failure = await failsWith('act', /cannot run awsmfa-nothing: there is no such program/, () =>
      programs.output(['awsmfa-nothing']),
    )
    assert.match(failure.hints.join(), /PATH/)
    await failsWith('act', /cannot run passwd: it cannot be started \(EACCES\)/, () => programs.output(['/etc/passwd']))
    await failsWith('act', /cannot run x: it cannot be started \(ENOTDIR\)/, () => programs.output(['/etc/passwd/x']))
    await failsWith('act', /cannot run x\0y/, () => programs.output(['x\0y']))
  })

  test('that does not end is killed, and may be asked again later', async (t) => {
    const pidFile = join(tempFolder(t), 'pid')
    const impatient = makePrograms({ env, attended: () => false, limitMs: 200 })
    await failsWith('retry', /^sh did not end within 0.2 seconds$/, () =>
      impatient.output(['sh', '-c', `echo $$ > ${pidFile}; exec sleep 60`]),
    )
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await until('its end', () => !alive(pid))
  })

  test('that does not end takes with it what it has started, and so does an exit of ours', async (t) => {
    const [pidFile, other] = [join(tempFolder(t), 'pid'), join(tempFolder(t), 'pid')]
    const wrapped = (file: string) => `sleep 60 & echo $! > ${file}; wait`
    const impatient = makePrograms({ env, attended: () => false, limitMs: 500 })
    await failsWith('retry', /^sh did not end/, () => impatient.output(['sh', '-c', wrapped(pidFile)]))
    await until('its end', () => !alive(Number(readFileSync(pidFile, 'utf8'))))

    const module = new URL('../../src/world/programs.js', import.meta.url)
    const script = `import { makePrograms } from '${module}'
      process.on('SIGTERM', () => process.exit(143))
      await makePrograms({ env: process.env, attended: () => false }).output(['sh', '-c', process.argv[1]])`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, wrapped(other)], { stdio: 'ignore' })
    const exited = once(parent, 'exit')
    const pid = () => (existsSync(other) ? Number(readFileSync(other, 'utf8')) : 0)
    await until('its start', () => pid() > 0)
    parent.kill('SIGTERM')
    assert.deepEqual(await exited, [143, null])
    await until('its end', () => !alive(pid()))
  })

  test('is heard to the end when a helper of its own says the last words', async () => {
    const patient = makePrograms({ env, attended: () => false, lastWordsMs: 60_000 })
    assert.equal(await patient.output(['sh', '-c', '(sleep 0.2; echo 123456) & exit 0']), '123456\n')
  })

  test('may leave a helper behind that keeps its output open', async (t) => {
    const [pid, code] = (await sh('sleep 60 & echo $!; echo 123456')).split('\n')
    t.after(() => process.kill(Number(pid)))
    assert.equal(code, '123456')
  })

  test('that talks without end is stopped', async () => {
    await failsWith('act', /^yes does not stop talking$/, () => programs.output(['yes']))
  })
})

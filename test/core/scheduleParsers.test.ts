import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { Job } from '../../src/core/schedule/job.js'
import { launchAgent } from '../../src/core/schedule/launchAgent.js'
import { systemdUnits } from '../../src/core/schedule/systemdUnits.js'
import { taskXml } from '../../src/core/schedule/taskXml.js'
import { absent } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'

// The texts as the platforms' own parsers, or ones that anybody trusts, understand them.

const awkward = `it's 100% "q" <b>&amp; \\n \\ \${HOME} $$ %h ; ünï 日本`
const timetable = { everyMinutes: 30, offsetMinutes: 7 }
const installedAt = new Date('2026-11-22T10:00:05Z')
const env = { AWSMFA_RUN_BY: 'test', AWS_CONFIG_FILE: `/home/${awkward}` }
const rest = [`/opt/${awkward}/main.js`, 'refresh', '--no-input', '--quiet']

describe('systemd', { skip: absent('systemd-analyze') }, () => {
  /** What systemd says about the units, the dump of a verification included. */
  function analyze(folder: string, job: Job) {
    const { service, timer } = systemdUnits(job)
    writeFileSync(join(folder, 'awsmfa.service'), service)
    writeFileSync(join(folder, 'awsmfa.timer'), timer)
    const units = ['awsmfa.service', 'awsmfa.timer'].map((name) => join(folder, name))
    const run = (level: string) =>
      spawnSync('systemd-analyze', ['--user', 'verify', ...units], {
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          XDG_RUNTIME_DIR: folder,
          SYSTEMD_LOG_LEVEL: level,
          LC_ALL: 'C.UTF-8',
        },
        encoding: 'utf8',
      })
    const { status, stdout, stderr } = run('info')
    const dump = run('debug').stdout
    const all = (name: string) =>
      [...dump.matchAll(new RegExp(`^\\s*${name}: (.*)$`, 'gm'))].map(([, value = '']) => value)
    return { status, complaints: stdout + stderr, all }
  }

  /** Words as the dump shows them: quoted for a shell where needed. The dollar signs are doubled for systemd still. */
  function wordsOf(commandLine: string): string[] {
    const words = commandLine.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []
    return words.map((word) => word.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1').replace(/\$\$/g, '$'))
  }

  for (const name of ['node', awkward]) {
    test(`starts the very program ${name} with the very variables, and complains about nothing`, (t) => {
      const folder = tempFolder(t)
      const node = join(folder, name, 'node')
      mkdirSync(dirname(node))
      writeFileSync(node, '#!/bin/sh\n')
      chmodSync(node, 0o700)
      const { status, complaints, all } = analyze(folder, { command: [node, ...rest], env, timetable, installedAt })
      assert.deepEqual([status, complaints], [0, ''])
      const words = wordsOf(all('Command Line')[0] ?? '')
      assert.deepEqual(words[0] === '/usr/bin/env' ? words.slice(1) : words, [node, ...rest])
      assert.deepEqual(all('Environment'), ['AWSMFA_RUN_BY=test', `AWS_CONFIG_FILE=${env.AWS_CONFIG_FILE}`])
      assert.deepEqual([all('LimitCORE'), all('TimeoutStartSec')], [['0'], ['10min']])
      assert.deepEqual([all('OnCalendar'), all('Persistent')], [['*-*-* *:07,37:00'], ['yes']])
    })
  }
})

describe('a property list', { skip: absent('python3') }, () => {
  test('holds the very program and variables, and no core files', () => {
    const text = launchAgent({ command: ['/usr/bin/node', ...rest], env, timetable, installedAt })
    const script = 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
    assert.deepEqual(JSON.parse(execFileSync('python3', ['-c', script], { input: text }).toString()), {
      Label: 'awsmfa.refresh',
      ProgramArguments: ['/usr/bin/node', ...rest],
      EnvironmentVariables: env,
      LimitLoadToSessionType: 'Aqua',
      RunAtLoad: true,
      StartCalendarInterval: [{ Minute: 7 }, { Minute: 37 }],
      HardResourceLimits: { Core: 0 },
      SoftResourceLimits: { Core: 0 },
    })
  })
})

// Other systems have no such program, so its absence there is no gap.
if (process.platform === 'darwin') {
  test("Apple's own check finds nothing wrong with a property list", (t) => {
    const path = join(tempFolder(t), 'awsmfa.refresh.plist')
    writeFileSync(path, launchAgent({ command: ['/usr/bin/node', ...rest], env, timetable, installedAt }))
    execFileSync('plutil', ['-lint', path])
  })
}

describe('the definition of a task', { skip: absent('python3') }, () => {
  /**
   * The children that the schema allows, in its order, as far as they matter here.
   * https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
   */
  const schema: Record<string, readonly string[]> = {
    Task: ['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions'],
    RegistrationInfo: ['Description'],
    Triggers: ['TimeTrigger', 'LogonTrigger'],
    TimeTrigger: ['Enabled', 'StartBoundary', 'EndBoundary', 'Repetition', 'ExecutionTimeLimit', 'RandomDelay'],
    LogonTrigger: ['Enabled', 'StartBoundary', 'EndBoundary', 'Repetition', 'ExecutionTimeLimit', 'UserId', 'Delay'],
    Repetition: ['Interval', 'Duration', 'StopAtDurationEnd'],
    Principals: ['Principal'],
    Principal: ['UserId', 'LogonType', 'RunLevel'],
    Settings: [
      ...['MultipleInstancesPolicy', 'DisallowStartIfOnBatteries', 'StopIfGoingOnBatteries'],
      ...['StartWhenAvailable', 'ExecutionTimeLimit', 'Hidden'],
    ],
    Actions: ['Exec'],
    Exec: ['Command', 'Arguments', 'WorkingDirectory'],
  }

  test('is XML in UTF-16 of the shape that the schema asks for, with the very texts in it', () => {
    const paths = `C:\\${awkward.replace(/[%$]/g, '')}`
    const job: Job = { command: [`${paths}\\node.exe`, `${paths}\\main.js`, 'refresh'], env, timetable, installedAt }
    const script = `import json, sys, xml.etree.ElementTree as E
print(json.dumps([[e.tag.split('}')[1], e.tag.split('}')[0][1:], [c.tag.split('}')[1] for c in e], e.text] for e in E.fromstring(sys.stdin.buffer.read()).iter()]))`
    const input = Buffer.from(`\ufeff${taskXml(job, 'OFFICE\\zoë & co', 'C:\\schedule.env')}`, 'utf16le')
    const elements = JSON.parse(execFileSync('python3', ['-c', script], { input }).toString()) as [
      name: string,
      namespace: string,
      children: string[],
      text: string | null,
    ][]
    for (const [name, namespace, children] of elements) {
      assert.equal(namespace, 'http://schemas.microsoft.com/windows/2004/02/mit/task')
      const order = children.map((child) => (schema[name] ?? []).indexOf(child))
      assert.ok(!order.includes(-1), `${name} may not hold ${children.join()}`)
      assert.deepEqual(
        order,
        [...order].sort((one, other) => one - other),
        `the order in ${name}`,
      )
    }
    const text = (wanted: string) => elements.find(([name]) => name === wanted)?.[3]
    assert.equal(text('UserId'), 'OFFICE\\zoë & co')
    assert.equal(text('LogonType'), 'InteractiveToken')
    assert.equal(text('StartWhenAvailable'), 'true')
    assert.match(text('Arguments') ?? '', /<b>&amp; \\n/)
  })
})

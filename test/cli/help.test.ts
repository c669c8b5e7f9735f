import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { everyCommand } from '../../src/cli/everyCommand.js'
import { commandHelp, topHelp } from '../../src/cli/help.js'
import { manual } from '../../src/cli/manual.js'
import { commands } from '../../src/cli/table.js'

const every = await everyCommand()
const lines = (text: string) => text.split('\n')

describe('help', () => {
  it('fits the terminal, and lines of 100 columns where that is wider', () => {
    for (const columns of [60, 72, 80, 100, 200]) {
      const helps = every.map(({ path, spec }) => commandHelp(path, spec, columns))
      for (const help of [topHelp({ ...manual, commands }, columns), ...helps]) {
        for (const line of lines(help)) assert.ok(line.length <= Math.min(columns, 100), `${columns}: ${line}`)
      }
    }
  })

  it('uses the width that there is', () => {
    const heights = [60, 80, 100].map((columns) =>
      Math.max(...every.map(({ path, spec }) => lines(commandHelp(path, spec, columns)).length)),
    )
    assert.deepEqual(
      heights,
      [...new Set(heights)].sort((a, b) => b - a),
    )
  })

  it('explains on a line of its own where the terminal is narrow', () => {
    const [enroll] = every
    assert.ok(enroll)
    assert.match(commandHelp(enroll.path, enroll.spec, 80), /\n {2}--create {3,}make a device/)
    assert.match(commandHelp(enroll.path, enroll.spec, 50), /\n {2}--create\n {6}make a device/)
  })

  it('breaks a long example so that it can still be copied', () => {
    const [enroll] = every
    assert.ok(enroll)
    const help = commandHelp(enroll.path, enroll.spec, 60)
    const joined = help.replaceAll(' \\\n', ' ').replace(/ {2,}/g, ' ')
    for (const example of enroll.spec.examples) assert.ok(joined.includes(example.split(' # ')[0] ?? ''), example)
  })

  it('shows the flags of enroll in groups', () => {
    const [enroll] = every
    assert.ok(enroll)
    const titles = [...commandHelp(enroll.path, enroll.spec, 80).matchAll(/^(\S.*):$/gm)].map(([, title]) => title)
    assert.deepEqual(titles, [
      'Examples',
      'Device',
      'How the seed comes in',
      'Where codes come from',
      'Role',
      'Profile',
      'Voice',
    ])
  })

  it('names every flag and every choice', () => {
    for (const { path, spec } of every) {
      const help = commandHelp(path, spec, 80)
      for (const [key, { value }] of Object.entries(spec.flags ?? {})) {
        const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
        assert.match(help, new RegExp(`\n {2}--${name}${value === undefined ? '' : ` ${value.name}`}( |\n)`), path)
        for (const choice of value?.choices ?? []) assert.ok(help.includes(choice), `${path}: ${choice}`)
      }
    }
  })
})

describe('help', () => {
  it('ends for every command with the exit codes and where to read more', () => {
    for (const { path, spec } of every) {
      const help = commandHelp(path, spec, 80).replaceAll('\n', ' ')
      assert.match(help, /Exit codes: 0 done, 2 .*, 3 .*, 4 .*\. man awsmfa and README\.md tell more\.$/, path)
    }
  })
})

describe('the table of commands', () => {
  it('calls one thing by one name: the same flag has the same kind of value everywhere', () => {
    const kinds = new Map<string, string>()
    for (const { path, spec } of every) {
      for (const [key, { value }] of Object.entries(spec.flags ?? {})) {
        const kind = `${value?.kind}`
        assert.equal(kinds.get(key) ?? kind, kind, `${path}: ${key}`)
        kinds.set(key, kind)
      }
    }
    assert.ok(kinds.size >= 30, `${kinds.size} flags`)
  })

  it('names only flags of the command itself where flags exclude or need each other', () => {
    for (const { path, spec } of every) {
      const keys = Object.keys(spec.flags ?? {})
      for (const [key, { conflicts = [], needs = key }] of Object.entries(spec.flags ?? {})) {
        for (const other of [...conflicts, needs]) assert.ok(keys.includes(other), `${path}: ${key} and ${other}`)
      }
    }
  })

  it('has an example of its own first for every command, and one form of words', () => {
    for (const { path, spec } of every) {
      assert.ok(spec.examples[0]?.startsWith(path), path)
      assert.match(spec.about, /^[A-Z].*\.$/s, path)
      for (const [key, { about }] of Object.entries(spec.flags ?? {})) {
        assert.match(about, /^(?!.*\.$)[^A-Z]|^(MFA|AWS)/, `${path} ${key}: ${about}`)
      }
    }
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRecord } from '../../src/core/json.js'
import { exitCodeInWords, parseRuns, type Run, tellsAgain, toldAfter } from '../../src/core/news.js'

const run: Run = { at: '2026-11-22T10:00:00Z', exitCode: 3, told: { 'mfa act code-refused': '2026-11-22T10:00:00Z' } }

test('runs are read as they were written', () => {
  assert.deepEqual(parseRuns(formatRecord({ cron: run, hook: { at: '2026-11-22T09:00:00Z', exitCode: 0 } })).cron, run)
})

test('of a file that somebody else has filled, only what can be true is believed', () => {
  const odd = [
    ...['', 'null', '[]', '{', '5'],
    ...['{"cron":null}', '{"cron":[]}', '{"cron":{"at":"2026-11-22T10:00:00Z"}}'],
    '{"cron":{"at":"2026-11-22 (\\u001b[2J)","exitCode":0}}',
    '{"cron":{"at":"2026-13-45T99:00:00Z","exitCode":0}}',
    '{"cron":{"at":"2026-11-22T10:00:00Z","exitCode":1e300}}',
    '{"cron":{"at":"2026-11-22T10:00:00Z","exitCode":-1}}',
    '{"\\u001b[2J":{"at":"2026-11-22T10:00:00Z","exitCode":0}}',
    '{"__proto__":{"at":"2026-11-22T10:00:00Z","exitCode":0}}',
  ]
  for (const text of odd) assert.deepEqual(parseRuns(text), {}, text)
  for (const told of [null, 5, [], { x: 5 }, { x: 'soon' }]) {
    const text = JSON.stringify({ cron: { at: run.at, exitCode: 3, told } })
    assert.deepEqual(parseRuns(text).cron, { at: run.at, exitCode: 3 }, text)
  }
})

test('a failure that stands is told once a day, not by every run', () => {
  const at = (hours: number) => new Date(Date.parse(run.at) + hours * 3_600_000)
  const reason = 'mfa act code-refused'
  assert.equal(tellsAgain(undefined, reason, at(0)), true)
  assert.equal(tellsAgain(run, reason, at(0.5)), false)
  assert.equal(tellsAgain(run, reason, at(23.9)), false)
  assert.equal(tellsAgain(run, reason, at(24)), true)
  assert.equal(tellsAgain(run, 'mfa act clock-refused', at(0.5)), true)
  assert.equal(tellsAgain(run, reason, at(-1)), true, 'a clock that was set back makes nothing silent')
  for (const name of ['__proto__', 'constructor', '']) assert.equal(tellsAgain(run, name, at(0.5)), true)
})

test('a weekend of runs, each half an hour, makes one mail a day, and another when it fails anew', () => {
  let last: Run | undefined
  let mails = 0
  const runs = (count: number, reasons: readonly string[]) => {
    for (let index = 0; index < count; index++) {
      const now = new Date(clockMs)
      clockMs += 30 * 60_000
      mails += reasons.filter((reason) => tellsAgain(last, reason, now)).length
      const at = now.toISOString()
      last = parseRuns(formatRecord({ cron: { at, exitCode: 3, ...toldAfter(last, reasons, at) } })).cron
    }
  }
  let clockMs = Date.parse('2026-11-20T18:00:00Z')
  runs(2 * 48, ['mfa act locked'])
  assert.equal(mails, 2)
  runs(1, [])
  runs(3, ['mfa act locked'])
  assert.equal(mails, 3)
  runs(3, ['mfa act locked', 'other act refused', 'x'.repeat(5000)])
  assert.equal(mails, 5)
})

test('an exit code is told in words, a death by signal too', () => {
  assert.equal(exitCodeInWords(0), 'all good')
  assert.match(exitCodeInWords(3), /you are needed/)
  assert.match(exitCodeInWords(127), /broke off \(exit code 127\)/)
  assert.match(exitCodeInWords(137), /killed \(signal 9\)/)
})

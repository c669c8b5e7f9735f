import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parse } from '../../src/cli/parse.js'
import { type Understood, understandPlainly } from '../../src/cli/plain.js'
import { flagName, voiceFlags } from '../../src/cli/spec.js'
import { commands } from '../../src/cli/table.js'
import { Failure } from '../../src/errors.js'

/** What the parser with the good words makes of a line: the command and its flags, or its refusal. */
async function parsed(words: readonly string[]): Promise<unknown> {
  let understood: Understood | undefined
  const terminal = { answer: () => {}, columns: 80 }
  const act = async (found: Understood) => {
    understood = found
  }
  await parse(words, { version: () => '', terminal, asksForHelp: false, act })
  return understood && [understood.spec.about, understood.flags, understood.operand]
}

async function plain(words: readonly string[]): Promise<unknown> {
  const understood = await understandPlainly(words, commands)
  return understood && [understood.spec.about, understood.flags, understood.operand]
}

const orRefusal = (result: Promise<unknown>) =>
  result.catch((error: unknown) => {
    if (error instanceof Failure) return [error.kind, error.message, ...error.hints]
    throw error
  })

describe('a plain command line', () => {
  it('means the same as to the parser that knows all of them, whatever it says', async () => {
    const names = Object.keys(commands)
    const specs = await Promise.all(names.map(async (name) => await commands[name]?.load()))
    const flags = specs.flatMap((spec) => Object.keys({ ...spec?.flags, ...voiceFlags })).map(flagName)
    const values = [
      'mfa',
      '2h',
      '900',
      '123456',
      'arn:aws:iam::123456789012:mfa/alice',
      'x'.repeat(40),
      '--force',
      '',
      '-',
    ]
    const word = fc.oneof(
      fc.constantFrom(...new Set(flags)),
      fc.constantFrom(...values),
      fc
        .tuple(fc.constantFrom(...new Set(flags)), fc.constantFrom(...values))
        .map(([flag, value]) => `${flag}=${value}`),
    )
    const line = fc.tuple(fc.constantFrom(...names, '--quiet', 'exce'), fc.array(word, { maxLength: 4 }))
    let judged = 0
    await fc.assert(
      fc.asyncProperty(line, async ([name, words]) => {
        const found = await orRefusal(plain([name, ...words]))
        if (found === undefined) return
        judged += 1
        assert.deepEqual(found, await orRefusal(parsed([name, ...words])))
      }),
      { numRuns: 1500 },
    )
    assert.ok(judged > 100, `${judged} lines were plain`)
  })

  for (const words of [
    ['refresh', '--no-input', '--quiet'],
    ['refresh', '--min-remaining=2h', '--mfa-profile-name', 'a', '--mfa-profile-name', 'b'],
    ['credential-process', '--mfa-profile-name', 'mfa'],
    ['status', '--json'],
  ]) {
    it(`is understood without that parser: ${words.join(' ')}`, async () => {
      assert.deepEqual(await plain(words), await parsed(words))
    })
  }

  for (const words of [
    ['refresh', '--help'],
    ['schedule', 'install'],
    ['hook', 'bash'],
    ['123456'],
    ['refresh', '--forec'],
  ]) {
    it(`is none, and left to that parser: ${words.join(' ')}`, async () => {
      assert.equal(await plain(words), undefined)
    })
  }
})

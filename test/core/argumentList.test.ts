import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseArgumentList } from '../../src/core/argumentList.js'
import { failsWith } from '../support/failsWith.js'

const split: Record<string, readonly string[]> = {
  'pass otp aws/alice': ['pass', 'otp', 'aws/alice'],
  '  ykman\toath  accounts ': ['ykman', 'oath', 'accounts'],
  'op item get "AWS prod" --otp': ['op', 'item', 'get', 'AWS prod', '--otp'],
  'sh -c \'oathtool --totp "$(cat seed)" | tail -1\'': ['sh', '-c', 'oathtool --totp "$(cat seed)" | tail -1'],
  'a\\ b "c \\"d\\" \\\\" e\\\'f': ['a b', 'c "d" \\', "e'f"],
  'a"b c"\'d e\'f': ['ab cd ef'],
  'x "" \'\'': ['x', '', ''],
  'C:\\Tools\\ykman.exe "C:\\Program Files\\x\\y.exe"': ['C:\\Tools\\ykman.exe', 'C:\\Program Files\\x\\y.exe'],
  'op read op://Private/AWS/otp?attribute=otp': ['op', 'read', 'op://Private/AWS/otp?attribute=otp'],
  'env FOO=1 pass otp': ['env', 'FOO=1', 'pass', 'otp'],
  "'FOO=1' --x=2": ['FOO=1', '--x=2'],
  "x '*' '{a,b}' '# c' a#b": ['x', '*', '{a,b}', '# c', 'a#b'],
  'x {} {a} {{op://a/b}} a, b..c': ['x', '{}', '{a}', '{{op://a/b}}', 'a,', 'b..c'],
  'a~b --x=~': ['a~b', '--x=~'],
}

describe('a command', () => {
  for (const [command, expected] of Object.entries(split)) {
    test(`${command} is ${expected.length} arguments`, () => {
      assert.deepEqual(parseArgumentList(command, 'mfa_process'), expected)
    })
  }

  for (const command of [
    'pass otp aws | head -1',
    'a && b',
    'a; b',
    'a > b',
    'a < b',
    'echo $CODE',
    'echo `date`',
    'echo "$CODE"',
    'echo "`date`"',
    '~/bin/code',
    '(a)',
    'FOO=1 pass otp',
    '_F2=',
    'PATH+=:/x pass',
    'ls *',
    'cat x*.txt',
    'cat {a,b}',
    'cat x{1..3}y',
    'pass otp # my code',
    '# pass otp',
    'pass otp\nhead',
  ]) {
    test(`${command} needs a shell, and is refused without being repeated`, async () => {
      const { message, hints } = await failsWith('usage', /mfa_process needs a shell/, () =>
        parseArgumentList(command, 'mfa_process', 'usage'),
      )
      assert.ok(!message.includes(command))
      assert.match(hints.join(), /sh -c/)
    })
  }

  for (const [command, why] of [
    ['FOO=1 pass otp', /because of its = in front \(a variable for the program: put env before it\)$/],
    ['pass otp # mine', /because of its # \(a comment\)$/],
    ['cat *', /because of its \* \(a pattern for names of files\)$/],
    ['cat {a,b}', /because of its \{…\} \(alternatives\)$/],
  ] as const) {
    test(`${command} is refused with a word of why`, async () => {
      await failsWith('act', why, () => parseArgumentList(command, 'mfa_process'))
    })
  }

  for (const command of ['"a', "a 'b", 'a "b\\"', `'`]) {
    test(`${command} has an open quote`, async () => {
      await failsWith('act', /quote that is not closed/, () => parseArgumentList(command, 'mfa_process'))
    })
  }

  for (const command of ['', '  ', '""']) {
    test(`'${command}' names no program`, async () => {
      await failsWith('act', /mfa_process is empty/, () => parseArgumentList(command, 'mfa_process'))
    })
  }

  test('any arguments come through quotes as they are', () => {
    const args = fc.array(fc.string(), { minLength: 1 }).filter(([first]) => first !== '')
    const single = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`
    fc.assert(
      fc.property(args, (list) => {
        assert.deepEqual(parseArgumentList(list.map(single).join(' '), 'x'), list)
      }),
    )
  })

  test('a long row of backslashes in an open quote is judged at once', async () => {
    await failsWith('act', /quote/, () => parseArgumentList(`"${'\\'.repeat(50_001)}"`, 'x'))
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAwsFile } from '../../src/core/awsFile.js'
import { parseKeyLines, putBackKeys, takeOutKeys } from '../../src/core/keyLines.js'
import { formatKeyPair, keyAccount, parseKeyPair } from '../../src/core/keyPair.js'
import { LongTermKeys } from '../../src/core/session.js'
import { failsWith } from '../support/failsWith.js'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const keys = new LongTermKeys(id, secret)
const file = (text: string) => parseAwsFile(text, 'credentials')

describe('the lines of a key, taken out and put back', () => {
  const texts: Readonly<Record<string, string>> = {
    'as the AWS CLI writes them': `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    'without an end': `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}`,
    'in another order, with CRLF': `# c\r\n[default]\r\naws_secret_access_key=${secret}\r\naws_access_key_id=${id}\r\n\r\n[x]\r\nk = v\r\n`,
    'in capitals, with a colon and blanks': `[a]\nk=v\n[default] # mine\nAWS_ACCESS_KEY_ID : ${id} \t\n; c\nAws_Secret_Access_Key:${secret}\n`,
    'indented, between others': `[default]\n  region = x\n  aws_access_key_id = ${id}\n  s3 =\n    a = b\n  aws_secret_access_key = ${secret}\n  output = json\n`,
    'between letters of every script':
      `[gr\xc3\xbc\xc3\x9fe]\nk = \xe6\x97\xa5\n[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n\n\n`.replace(
        '\xe6\x97\xa5',
        '\xe6\x97\xa5',
      ),
  }
  for (const [what, text] of Object.entries(texts)) {
    test(`${what}: every byte is back, and nothing of it is remembered that is secret`, () => {
      const taken = takeOutKeys(file(text), 'default')
      assert.doesNotMatch(taken.text, /AKIA|wJalr/)
      assert.equal(taken.text.length, text.length - taken.lines.reduce((sum, line) => sum + lengthOf(line), 0))
      const remembered = JSON.stringify(taken.lines)
      assert.doesNotMatch(remembered, /AKIA|wJalr/)
      assert.equal(putBackKeys(file(taken.text), 'default', keys, parseKeyLines(JSON.parse(remembered))), text)
    })
  }

  function lengthOf({ key, before, after, end }: { key: string; before: string; after: string; end: string }): number {
    return before.length + (key === 'aws_access_key_id' ? id : secret).length + after.length + end.length
  }

  test('they come back behind what was added meanwhile, and in the usual form when their place is gone', () => {
    const { text, lines } = takeOutKeys(
      file(`[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}`),
      'default',
    )
    const grown = putBackKeys(file(`${text}\n[mfa]\nk = v\n`), 'default', keys, lines)
    assert.equal(grown, `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n\n[mfa]\nk = v\n`)
    const usual = `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    assert.equal(putBackKeys(file(''), 'default', keys, lines), usual)
    assert.equal(putBackKeys(file('[default]\n'), 'default', keys, undefined), usual)
  })

  test('a place within a nested block of today is not used', () => {
    const before = `[default]\na = b\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
    const { lines } = takeOutKeys(file(before), 'default')
    const now = '[default]\ns3 =\n  x = y\n  z = w\n'
    const text = putBackKeys(file(now), 'default', keys, lines)
    assert.match(text, /s3 =\n {2}x = y\n {2}z = w\naws_access_key_id = /)
  })

  test('a key that goes on below its line stays where it is', async () => {
    const odd = `[default]\naws_access_key_id = ${id}\n  x\naws_secret_access_key = ${secret}\n`
    await failsWith('act', /cannot be taken out/, () => takeOutKeys(file(odd), 'default'))
  })

  test('what is remembered is not believed when it would make other lines', () => {
    const line = { key: 'aws_access_key_id', offset: 1, before: 'aws_access_key_id = ', after: '', end: '\n' }
    const other = { ...line, key: 'aws_secret_access_key', offset: 2 }
    assert.ok(parseKeyLines([line, other]))
    for (const bad of [{ before: 'x\n[y]\nk = ' }, { after: '\nx = y' }, { end: 'x' }, { offset: 0 }, { key: 'x' }]) {
      assert.equal(parseKeyLines([{ ...line, ...bad }, other]), undefined, JSON.stringify(bad))
    }
  })
})

describe('a key pair in a store', () => {
  test('is one line of JSON that the smallest store takes, and reads back', () => {
    const text = formatKeyPair(keys)
    assert.ok(text.length < 200)
    const read = parseKeyPair(text)
    assert.deepEqual([read.accessKeyId, read.revealSecret()], [id, secret])
  })

  test('is told from anything else without a word of it', async () => {
    for (const bad of [
      '',
      secret,
      '{}',
      `{"AccessKeyId":"${id}"}`,
      `{"AccessKeyId":"x","SecretAccessKey":"${secret}"}`,
      '[1]',
    ]) {
      const { message, hints } = await failsWith('act', /no pair of AWS keys/, () => parseKeyPair(bad))
      assert.doesNotMatch([message, ...hints].join(), /wJalr|AKIA/)
    }
  })

  test('has the name of its user, with the path', () => {
    assert.equal(keyAccount('arn:aws:iam::123456789012:user/alice'), 'key:123456789012/alice')
    assert.equal(keyAccount('arn:aws-cn:iam::123456789012:user/team/eu/alice'), 'key:123456789012/team/eu/alice')
  })
})

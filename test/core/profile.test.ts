import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { expectKeyShape, parseSourceProfileName, similarProfile } from '../../src/core/profile.js'
import { Failure } from '../../src/errors.js'
import { failsWith } from '../support/failsWith.js'

test('a source profile may be called what the AWS CLI takes', () => {
  for (const name of ['default', 'Jürgen', 'my work', 'a "b"', "o'neill", '日本', 'a#b', 'profile x', 'a]b']) {
    assert.equal(parseSourceProfileName(name, '--profile'), name)
  }
})

test('the name of a source profile that no value of a file can keep is refused by its flag', async () => {
  for (const name of ['', ' ', ' work', 'work\t', 'a\nb', '\u001b[2J', 'DEFAULT']) {
    const failure = await failsWith('usage', /^--profile /, () => parseSourceProfileName(name, '--profile'))
    assert.doesNotMatch(failure.message, /\p{Cc}/u)
  }
})

const cases: [string, { credentials?: string[]; config?: string[] }, RegExp | undefined][] = [
  ['default', { credentials: ['Default'] }, /^did you mean 'Default', \[Default\] in the credentials file\?/],
  ['work', { credentials: ['other', 'WORK'] }, /^did you mean 'WORK'/],
  ['work', { credentials: [' work '] }, /^did you mean ' work ', \[ work \]/],
  ['work\u200b', { credentials: ['work'] }, /^did you mean 'work', .* invisible characters count$/],
  ['work', { credentials: ['\u2060work'] }, /^did you mean '\\u\{2060\}work'/],
  ['profile work', { credentials: ['work'] }, /^did you mean 'work'/],
  ['my work', { config: ['profile "My  work"'] }, /^did you mean 'My {2}work'/],
  ['J\u00fcrgen', { credentials: ['Ju\u0308rgen'] }, /^did you mean/],
  ['work', { config: ['work'] }, /^\[work\] in the config file is not profile work .*: write \[profile work\] there$/],
  ['work', { config: ['Profile work'] }, /write \[profile work\] there$/],
  ['work', { credentials: ['profile work'] }, /^\[profile work\] in the credentials file .*: write \[work\] there$/],
  ['default', { credentials: ['profile default'] }, /: write \[default\] there$/],
  ['work', { credentials: ['\u001b[2Jwork'] }, undefined],
  ['work', { credentials: ['default', 'works'], config: ['sso-session x', 'profile play'] }, undefined],
  ['work', { config: ['profile work'], credentials: ['work'] }, undefined],
  ['DEFAULT', { credentials: ['default'] }, /^did you mean 'default'/],
]
for (const [name, { credentials = [], config = [] }, hint] of cases) {
  test(`for ${name} among [${[...credentials, ...config].join('] [')}] there is ${hint ?? 'no hint'}`, () => {
    const found = similarProfile(name, { credentials, config })
    if (hint === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', hint)
  })
}

const id = 'AKIAIOSFODNN7EXAMPLE'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const path = '~/.aws/credentials'

describe('expectKeyShape', () => {
  const good: [string, string, string][] = [
    ["the keys of AWS's documentation", id, secret],
    ['a key id of LocalStack', 'LSIAQAAAAAAVNCBMPNSG', secret],
    ['an old key id of 16 characters', 'AKIAIOSFODNN7EXA', secret],
    ['a long key id', `AKIA${'B2'.repeat(62)}`, secret],
    ['the short secret of a stand-in', id, 'test'],
    ['a secret of one character', id, 's'],
    ['a secret with other punctuation', id, 'a-b_c.d!e'],
  ]
  for (const [title, accessKeyId, secretAccessKey] of good) {
    test(`takes ${title}`, () => expectKeyShape('work', accessKeyId, secretAccessKey, path))
  }

  // [what stands there, what is said of it]; the same for the secret, whose beginning is given here
  const either: [(key: string) => string, RegExp][] = [
    [(key) => `"${key}"`, /has quotes round it, which the AWS CLI takes as part of the key$/],
    [(key) => `'${key}'`, /has quotes round it/],
    [(key) => `“${key}”`, /has quotes round it/],
    [(key) => `${key}"`, /has a quote in it/],
    [(key) => `${key} # rotated 2026-01`, /has a comment behind it, which the AWS CLI takes as part of the key$/],
    [(key) => `${key} ; old`, /has a comment behind it/],
    [(key) => `${key}\t#old`, /has a comment behind it/],
    [(key) => `${key}#old`, /has a # in it/],
    [(key) => `${key.slice(0, 4)} ${key.slice(4)}`, /has a blank in it/],
    [(key) => `${key}\u200b`, /has a character that AWS keys never have \(U\+200B after character (20|40)\)$/],
    [(key) => `\ufeff${key}`, /\(U\+FEFF at its start\)$/],
    [(key) => `${key.slice(0, 4)}\u00a0${key.slice(4)}`, /\(U\+00A0 after character 4\)$/],
    [(key) => `${key.slice(0, 4)}\u0410${key.slice(5)}`, /\(U\+0410 after character 4\)$/],
    [(key) => `${key}\u{1f511}`, /\(U\+1F511 after character (20|40)\)$/],
    [(key) => `${key}\u0000`, /\(U\+0000 after character (20|40)\)$/],
    [(key) => `<${key}>`, /is a placeholder$/],
    [() => '<your access key>', /is a placeholder$/],
    [() => 'YOUR_ACCESS_KEY_ID', /is a placeholder$/],
    [() => 'your-secret-key', /is a placeholder$/],
    [() => 'xxxxxxxxxxxxxxxxxxxx', /is a placeholder$/],
    [() => 'AKIAXXXXXXXXXXXXXXXX', /is a placeholder$/],
    [() => 'AAAAAAAAAAAAAAAAAAAA', /is a placeholder$/],
    [() => 'AKIA****************', /is a placeholder$/],
    [() => 'AKIA...', /is a placeholder$/],
    [() => 'CHANGE_ME', /is a placeholder$/],
    [() => '$AWS_ACCESS_KEY_ID', /is a placeholder$/],
    [() => '{{ vault.key }}', /is a placeholder$/],
    [() => '%KEY%', /is a placeholder$/],
  ]
  for (const [change, words] of either) {
    test(`says of ${JSON.stringify(change('KEY.'))} what is wrong, for both keys, and repeats neither`, async () => {
      const cases = [
        [change(id), secret, 'aws_access_key_id'],
        [id, change(secret), 'aws_secret_access_key'],
      ] as const
      for (const [accessKeyId, secretAccessKey, name] of cases) {
        const { message, hints } = await refused(accessKeyId, secretAccessKey)
        assert.ok(message.startsWith(`${name} of profile work in ${path} `), message)
        assert.match(message, words)
        assert.doesNotMatch(message + hints, /wJal|PLEKEY|AKIA[*X.]|IOSFODNN7|rotated|old\b(?!er)/)
      }
    })
  }

  const ids: [string, string, string, RegExp][] = [
    ['swapped keys', secret, id, /^aws_access_key_id .* looks like the secret$/],
    ['swapped keys, the secret being short', 'te/st', id, /^aws_access_key_id .* looks like the secret$/],
    ['the secret twice', secret, secret, /^aws_access_key_id .* looks like the secret$/],
    ['the key id twice', id, id, /^aws_secret_access_key .* is a key id, not a secret$/],
    ['a key id in small letters', id.toLowerCase(), secret, /is in small letters/],
    ['a key id that was cut off', id.slice(0, 12), secret, /has 12 characters/],
    ['an endless key id', `AKIA${'B2'.repeat(63)}`, secret, /has 130 characters/],
    ['a line of the CSV file', `${id},${secret}`, secret, /is no key id/],
    ['a name instead of a key id', 'alice@example.com', secret, /is no key id/],
  ]
  for (const [title, accessKeyId, secretAccessKey, words] of ids) {
    test(`refuses ${title} in words, and repeats nothing`, async () => {
      const { message, hints } = await refused(accessKeyId, secretAccessKey)
      assert.match(message, words)
      assert.doesNotMatch(message + hints, /wJal|PLEKEY|alice@|te\/st/)
    })
  }

  test('whatever it takes can stand in the header that signs a request, and comes out of it as it was', () => {
    const odd = fc.constantFrom(
      '\u200b',
      '\n',
      '\r',
      '\0',
      '\u00ad',
      '#',
      ' ',
      ',',
      '/',
      '=',
      '"',
      'ä',
      '\ud800',
      '\x7f',
    )
    const piece = fc.oneof(odd, fc.constantFrom('A', 'B', '7', 'z'), fc.string({ unit: 'binary', maxLength: 2 }))
    const value = fc.oneof(
      fc.stringMatching(/^[A-Z0-9]{16,20}$/),
      fc.tuple(fc.constantFrom('', id, secret), piece, fc.constantFrom('', id)).map((parts) => parts.join('')),
    )
    let taken = 0
    fc.assert(
      fc.property(value, value, (accessKeyId, secretAccessKey) => {
        try {
          expectKeyShape('work', accessKeyId, secretAccessKey, path)
        } catch (error) {
          assert.ok(error instanceof Failure)
          return
        }
        taken += 1
        const header = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260131/eu-west-1/sts/aws4_request, Signature=0`
        validateHeaderValue('Authorization', header)
        assert.equal(/Credential=([^/,\s]*)\/20260131\//.exec(header)?.[1], accessKeyId)
        assert.equal(Buffer.from(secretAccessKey, 'latin1').toString('latin1'), secretAccessKey)
        validateHeaderValue('X', secretAccessKey)
      }),
    )
    assert.ok(taken > 0)
  })

  const refused = (accessKeyId: string, secretAccessKey: string) =>
    failsWith('act', /./, () => expectKeyShape('work', accessKeyId, secretAccessKey, path))
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Failure } from '../../src/errors.js'
import { checkAwsFile, listProfiles, readProfile, removeProfile, setProfile } from '../support/awsText.js'
import { readLikeBotocore } from '../support/botocoreOracle.js'
import { failsWith } from '../support/failsWith.js'

const path = '/home/jo/.aws/credentials'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

describe('a file that the AWS CLI cannot read is refused with the line at fault', () => {
  const refused: [what: string, text: string, line: number, rule: RegExp][] = [
    ['a byte order mark', `\xef\xbb\xbf[default]\nk = ${secret}\n`, 1, /byte order mark/],
    ['bytes that are not UTF-8', `[default]\nk = ${secret}\xe9\n`, 2, /not UTF-8/],
    ['bytes that are not UTF-8 in a comment', `[default]\r\n\r\n# caf\xe9\r\n`, 3, /not UTF-8/],
    ['text before the first section', `# c\n\nk = ${secret}\n[default]\n`, 3, /before the first section/],
    ['a section twice', '[mfa]\nk = v\n[a]\n[mfa]\n', 4, /the same section as in line 1/],
    ['a key twice', `[mfa]\nk = v\nK: ${secret}\n`, 3, /the same key of the same section as in line 2/],
    ['a key twice in [DEFAULT]', '[DEFAULT]\nk = v\n[mfa]\n[DEFAULT]\nk = v\n', 5, /same key .* line 2/],
    [
      'a line without a sign',
      `[mfa]\nk = v\n${secret.replaceAll('=', '')}\n`,
      3,
      /neither \[section\] nor key = value/,
    ],
    ['an open bracket', '[mfa]\nk = v\n[other\n', 3, /bracket that is not closed/],
    ['an empty bracket', '[mfa]\n[]\n', 2, /bracket that is not closed|neither/],
    ['a value without a key', `[mfa]\n= ${secret}\n`, 2, /without a key/],
    ['an indented header behind a key', `[mfa]\ns3 =\n  [other]\n`, 3, /indented line without "="/],
    ['a nested line without a sign', `[mfa]\rs3 =\r  a = b\r  # c\r  ${secret}\r`, 5, /indented line without "="/],
    ['a nested line that an odd line end divides', '[mfa]\ns3 =\n  a = b\x0bc\n', 3, /indented line without "="/],
  ]
  for (const [what, text, line, rule] of refused) {
    test(what, async () => {
      assert.equal(readLikeBotocore(text, 'credentials'), undefined, 'botocore would read this')
      const failure = await failsWith('act', rule, () => checkAwsFile(text, path))
      assert.ok(failure.message.startsWith(`${path}, line ${line}: `), failure.message)
      for (const word of ['wJalr', 'caf', 'other'])
        assert.ok(![failure.message, ...failure.hints].join().includes(word))
    })
  }

  test('by every function that would read or change it', () => {
    const broken = '[mfa]\nnonsense\n'
    const expected = { name: 'Failure', kind: 'act', message: /the AWS config file, line 2: / }
    assert.throws(() => readProfile(broken, 'config', 'mfa'), expected)
    assert.throws(() => listProfiles(broken, 'config'), expected)
    assert.throws(() => setProfile(broken, 'config', 'mfa', { region: 'eu-west-1' }), expected)
    assert.throws(() => removeProfile(broken, 'config', 'mfa', ['region']), expected)
  })

  test('also when only a new profile would make it unreadable: every section inherits what [DEFAULT] nests', async () => {
    const text = '[DEFAULT]\ns3 =\n  nonsense\n'
    assert.ok(readLikeBotocore(text, 'config'))
    assert.equal(readLikeBotocore(`${text}[mfa]\n`, 'config'), undefined)
    await failsWith('act', /line 3/, () => checkAwsFile(text, path))
  })
})

describe('a profile is read as botocore reads it', () => {
  const cases: [what: string, body: string, values: Record<string, string>][] = [
    ['keys in lower case', 'AWS_Session_Token = a==', { aws_session_token: 'a==' }],
    ['a colon for a sign', 'region: eu-west-1', { region: 'eu-west-1' }],
    ['quotes belong to the value', 'k = "v"\nl = \'v\'', { k: '"v"', l: "'v'" }],
    ['comments behind a value belong to it', 'k = v # c\nl = v;c', { k: 'v # c', l: 'v;c' }],
    ['lines of their own for comments', '# c\nk = v\n  ; c\nl = w', { k: 'v', l: 'w' }],
    ['words that others take for types', 'k = true\nl = null\nm[] = 1', { k: 'true', l: 'null', 'm[]': '1' }],
    ['a value on two lines, across a comment', 'k = v\n# c\n  w\nl = x', { k: 'v\nw', l: 'x' }],
    ['a blank line does not end a value', 'k = v\n\n  l = w', { k: 'v\n\nl = w' }],
    ['a nested block is one value', 's3 =\n  region = x\nregion = y', { s3: '\nregion = x', region: 'y' }],
    ['no value', 'k =\nl=', { k: '', l: '' }],
    [
      'names that JavaScript knows',
      '__proto__ = v\nconstructor = w',
      JSON.parse('{"__proto__":"v","constructor":"w"}'),
    ],
    ['indented keys', '  k = v\n  l = w', { k: 'v', l: 'w' }],
    ['characters outside ASCII', 'k = \xc3\xa9', { k: 'é' }],
  ]
  for (const [what, body, values] of cases) {
    test(what, () => {
      const text = `[a]\nx = y\n[mfa]\n${body}\n[z]\nx = y\n`
      assert.deepEqual(readProfile(text, 'credentials', 'mfa'), values)
      assert.deepEqual(readLikeBotocore(text, 'credentials')?.own.mfa, values)
    })
  }

  const headers: [header: string, file: 'credentials' | 'config', name: string | undefined][] = [
    ['[mfa]', 'credentials', 'mfa'],
    ['[mfa] # c', 'credentials', 'mfa'],
    ['[mfa]junk', 'credentials', 'mfa'],
    ['[ mfa ]', 'credentials', ' mfa '],
    ['[profile mfa]', 'credentials', 'profile mfa'],
    ['[DEFAULT]', 'credentials', undefined],
    ['[mfa]', 'config', undefined],
    ['[default]', 'config', 'default'],
    ['[profile default]', 'config', 'default'],
    ['[profile mfa]', 'config', 'mfa'],
    ['[profile \t mfa ]', 'config', 'mfa'],
    ['[profile "mfa"]', 'config', 'mfa'],
    ['[profile \'m\'"f"a]', 'config', 'mfa'],
    ['[profile "a \\"b\\\\ \\c"]', 'config', 'a "b\\ \\c'],
    ['[profile a\\ b]', 'config', 'a b'],
    ['[profile ""]', 'config', ''],
    ['[profile a b]', 'config', undefined],
    ['[profile "a]', 'config', undefined],
    ['[profile a\\]', 'config', undefined],
    ['[profile]', 'config', undefined],
    ['[profiles mfa]', 'config', 'mfa'],
    ['[PROFILE mfa]', 'config', undefined],
    ['[ profile mfa]', 'config', undefined],
    ['[sso-session mfa]', 'config', undefined],
    ['[services mfa]', 'config', undefined],
  ]
  for (const [header, file, name] of headers) {
    test(`${header} in the ${file} file is ${name === undefined ? 'no profile' : `the profile "${name}"`}`, () => {
      const text = `${header}\nk = v\n`
      assert.deepEqual(listProfiles(text, file), name === undefined ? [] : [name])
      assert.deepEqual(Object.keys(readLikeBotocore(text, file)?.profiles ?? {}), name === undefined ? [] : [name])
      if (name !== undefined) assert.deepEqual(readProfile(text, file, name), { k: 'v' })
    })
  }

  test('a profile that is absent is undefined, one without keys is empty', () => {
    assert.equal(readProfile('[a]\n', 'credentials', 'mfa'), undefined)
    assert.deepEqual(readProfile('[mfa]\n', 'credentials', 'mfa'), {})
  })

  test('of [default] and [profile default] the later one counts', () => {
    assert.deepEqual(readProfile('[profile default]\nk = 1\n[default]\nk = 2\n', 'config', 'default'), { k: '2' })
    assert.deepEqual(listProfiles('[profile default]\nk = 1\n[default]\nk = 2\n', 'config'), ['default'])
  })
})

describe('a session and its settings are written into', () => {
  const folder = new URL('../../../test/fixtures/awsFile/', import.meta.url)
  const read = (name: string) => readFileSync(new URL(name, folder), 'latin1')
  const changes = {
    credentials: {
      aws_access_key_id: 'ASIAIOSFODNN7EXAMPLE',
      aws_secret_access_key: secret,
      aws_session_token: 'IQoJb3JpZ2luX2VjEJr//wEaCXVz+b==',
      x_security_token_expires: '2026-11-23T04:00:00Z',
      aws_security_token: undefined,
    },
    config: { mfa_serial: 'arn:aws:iam::123456789012:mfa/jo', awsmfa_source_profile: 'default' },
  }
  const names = readdirSync(folder).flatMap((name) => (name.endsWith('.before') ? [name.slice(0, -7)] : []))
  assert.ok(names.length > 10)
  for (const name of names) {
    test(name, () => {
      const file = name.startsWith('credentials') ? 'credentials' : 'config'
      const before = read(`${name}.before`)
      const after = setProfile(before, file, 'mfa', changes[file])
      assert.equal(after, read(`${name}.after`))
      assert.equal(setProfile(after, file, 'mfa', changes[file]), after, 'a second time changes nothing')
    })
  }
})

describe('an edit', () => {
  test('of nothing gives the same text', () => {
    assert.equal(setProfile('', 'config', 'mfa', {}), '')
    assert.equal(setProfile('[a]\n', 'config', 'mfa', { region: undefined }), '[a]\n')
    assert.equal(removeProfile('[a]\n', 'config', 'mfa', ['region']), '[a]\n')
  })

  test('writes [default] without the word profile, and keeps [profile default]', () => {
    assert.equal(setProfile('', 'config', 'default', { k: 'v' }), '[default]\nk = v\n')
    assert.equal(setProfile('[profile default]\n', 'config', 'default', { k: 'v' }), '[profile default]\nk = v\n')
  })

  test('puts an indented header in column 0, where all readers see it', () => {
    assert.equal(setProfile('  [mfa]\nk = v\n', 'credentials', 'mfa', { k: 'w' }), '[mfa]\nk = w\n')
  })

  test('keeps a line end apart from the blank line that it adds', () => {
    const text = '[a]\nk = v\r'
    const after = setProfile(text, 'credentials', 'mfa', { k: 'w' })
    assert.equal(after, '[a]\nk = v\r\r[mfa]\nk = w\n')
    assert.equal(removeProfile(after, 'credentials', 'mfa', ['k']), text)
  })

  test('never lets a new key swallow an indented line below it', () => {
    const text = '[mfa]\n  [other]\nk = v\n'
    const after = setProfile(text, 'credentials', 'mfa', { region: 'eu-west-1' })
    assert.equal(after, '[mfa]\n  region = eu-west-1\n  [other]\nk = v\n')
    assert.equal(removeProfile(after, 'credentials', 'mfa', ['region']), text)
  })

  test('refuses a profile with two sections and names their lines', async () => {
    const text = '[profile mfa]\nk = v\n[profile "mfa"]\n'
    await failsWith('act', /lines 1, 3$/, () => setProfile(text, 'config', 'mfa', { k: 'w' }))
    await failsWith('act', /lines 1, 3$/, () => removeProfile(text, 'config', 'mfa', ['k']))
  })

  const bad = [
    '',
    ' ',
    ' v',
    'v ',
    'v\n[x]',
    'v\r',
    'v\x00',
    '\tv',
    'é',
    '"v"',
    "'v'",
    'v # c',
    'v#c',
    'v;c',
    'v\u2028k = w',
  ]
  for (const value of bad) {
    test(`refuses the value ${JSON.stringify(value)}, without repeating it`, async () => {
      const failure = await failsWith('act', /^the value for aws_session_token of the profile mfa /, () =>
        setProfile('', 'credentials', 'mfa', { aws_session_token: value }),
      )
      assert.ok(value.trim().length < 2 || !failure.message.includes(value))
    })
  }

  for (const name of ['', 'DEFAULT', '__proto__', 'a b', 'a]', '[a', 'a\nb', 'é', '"a"', '#a', 'a\\b']) {
    test(`refuses to write a profile named ${JSON.stringify(name)}`, () => {
      assert.throws(
        () => setProfile('', 'config', name, { k: 'v' }),
        (error) => error instanceof Failure && error.kind === 'usage',
      )
    })
  }
})

describe('removing a profile', () => {
  const keys = ['aws_session_token', 'aws_access_key_id']
  const cases: [what: string, before: string, after: string][] = [
    [
      'takes the section and one blank line',
      '[a]\nk = v\n\n[mfa]\naws_session_token = t\n\n[z]\n',
      '[a]\nk = v\n\n[z]\n',
    ],
    ['takes the section when it is the first', '[mfa]\naws_session_token = t\n\n[z]\n', '[z]\n'],
    ['takes the section when it is all', '[mfa]\naws_session_token = t\n', ''],
    ['takes continuation lines', '[a]\n[mfa]\naws_session_token = t\n# c\n  u\nk = v\n', '[a]\n[mfa]\n# c\nk = v\n'],
    ['keeps keys that are not its own', '[mfa]\nk = v\naws_session_token = t\n', '[mfa]\nk = v\n'],
    ['keeps comments, and so the section', '[mfa]\n# mine\naws_session_token = t\n', '[mfa]\n# mine\n'],
    ['keeps a header with a comment', '[mfa] # mine\naws_session_token = t\n', '[mfa] # mine\n'],
    [
      'keeps nested keys',
      '[mfa]\ns3 =\n  aws_session_token = n\naws_session_token = t\n',
      '[mfa]\ns3 =\n  aws_session_token = n\n',
    ],
    ['keeps blank lines at the end', '[mfa]\nk = v\naws_session_token = t\n\n  u', '[mfa]\nk = v\n\n'],
    ['keeps CRLF', '[a]\r\n\r\n[mfa]\r\naws_session_token = t\r\n', '[a]\r\n'],
  ]
  for (const [what, before, after] of cases) {
    test(what, () => assert.equal(removeProfile(before, 'credentials', 'mfa', keys), after))
  }

  test('keeps the header when an indented one below would continue the value above', () => {
    const text = '[a]\nk = v\n[mfa]\n  aws_session_token = t\n  [z]\nx = y\n'
    const after = removeProfile(text, 'credentials', 'mfa', keys)
    assert.equal(after, '[a]\nk = v\n[mfa]\n  [z]\nx = y\n')
    assert.deepEqual(readLikeBotocore(after, 'credentials')?.profiles.z, { x: 'y' })
  })
})

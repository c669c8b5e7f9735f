import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../../src/errors.js'
import { checkAwsFile, listProfiles, readProfile, removeProfile, setProfile } from '../support/awsText.js'
import { absentBotocore, askBotocore, type ModelReading, readLikeBotocore } from '../support/botocoreOracle.js'

// A fixed seed, so that a red run is red again. AWSMFA_FUZZ=1 searches for long and at random.
const fuzz = process.env.AWSMFA_FUZZ === '1'
const search = fuzz ? { numRuns: 40_000 } : { seed: 20261122, numRuns: 1_500 }

type Kind = 'credentials' | 'config'
type Changes = Record<string, string | undefined>

const ownKeys = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'region']

const oneOf = (...values: string[]) => fc.constantFrom(...values)
/** Mostly `usual`, now and then one of the others. */
const rarely = (usual: string, ...values: string[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: oneOf(...values) })

const sectionName = (kind: Kind) =>
  kind === 'credentials'
    ? oneOf(
        'default',
        'mfa',
        'mfa',
        'work',
        'DEFAULT',
        ' mfa ',
        'MFA',
        'profile mfa',
        'a b',
        'mfa] # [x',
        'é',
        '__proto__',
      )
    : fc.oneof(
        oneOf(
          'default',
          'profile mfa',
          'profile mfa',
          'profile work',
          'DEFAULT',
          'sso-session mfa',
          'services s',
          'mfa',
        ),
        oneOf('profile  mfa', 'profile "mfa"', "profile 'mfa'", 'profile\tmfa', 'profile mfa ', 'profile m\\fa'),
        oneOf(
          'profile default',
          'profile a b',
          'profile "a \\"b"',
          'profile "mfa',
          'profile',
          'profiles mfa',
          ' profile mfa',
        ),
      )
const indent = rarely('', ' ', '  ', '\t', '\u00a0', '\x1c')
const header = (kind: Kind) =>
  fc
    .tuple(indent, sectionName(kind), rarely('', ' # c', '# c', ' ;c', ' junk', ' [', ' ', '\x85'))
    .map(([blanks, name, rest]) => `${blanks}[${name}]${rest}`)
const option = fc
  .tuple(
    fc.oneof(
      oneOf(...ownKeys),
      oneOf('aws_security_token', 's3', 'output', 'AWS_Access_Key_Id', 'ké', '__proto__', '[k'),
    ),
    rarely(' = ', '=', ' : ', ':', '     = ', '\t=\t', ' =', '=\u00a0', '= \x1d'),
    rarely(
      'AKIAIOSFODNN7EXAMPLE',
      'abc==',
      '',
      '',
      '"q"',
      'v # c',
      'v;c',
      'true',
      '[x]',
      'k = v',
      'é',
      '\ufeffz',
      'a\u2028b',
    ),
    rarely('', ' ', '\t', '\x1c'),
  )
  .map((parts) => parts.join(''))
const filler = fc.oneof(
  oneOf('', '', '# c', '; c'),
  oneOf(
    '  ',
    '  # c',
    '\t; [c]',
    '  more',
    '    k = v',
    '\tk: v',
    '  k = v\x85w',
    '  [deep]',
    '\u2003=',
    '   = x',
    '\x0c',
  ),
)
const body = fc
  .tuple(
    indent,
    fc.array(fc.tuple(option, fc.array(filler, { maxLength: 2 })), { maxLength: 5 }),
    fc.array(filler, { maxLength: 1 }),
  )
  .map(([blanks, options, first]) => [...first, ...options.flatMap(([line, behind]) => [blanks + line, ...behind])])
const lines = (kind: Kind) =>
  fc
    .tuple(
      fc.array(oneOf('', '# c', '  ', '; é'), { maxLength: 2 }),
      fc.array(fc.tuple(header(kind), body), { maxLength: 4 }),
      rarely('', 'junk', '[open', '  [in]', '=', 'k = v', '\ufeff'),
      fc.nat(20),
    )
    .map(([first, sections, noise, at]) => {
      const all = [...first, ...sections.flatMap(([head, below]) => [head, ...below])]
      return noise === '' ? all : all.toSpliced(at, 0, noise)
    })
const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
/** Files that people might have, and some that nobody should; about half of them can be read. */
const text = (kind: Kind) =>
  fc
    .tuple(
      lines(kind),
      rarely('\n', '\r\n', '\r'),
      fc.array(fc.nat(9)),
      rarely('', 'open'),
      rarely('', '\xef\xbb\xbf', '# \xe9\n'),
    )
    .map(([all, end, mix, open, bytes]) => {
      const ended = all.map((line, index) => line + (mix[index] === 0 ? '\r\n' : end))
      const joined = utf8(ended.join(''))
      return bytes + (open === '' ? joined : joined.replace(/[\r\n]+$/, ''))
    })
const file = fc.constantFrom<Kind[]>('credentials', 'config').chain((kind) => fc.tuple(fc.constant(kind), text(kind)))
const value = fc.oneof(
  oneOf(
    'ASIAIOSFODNN7EXAMPLE',
    'IQoJb3JpZ2luX2VjEJ//a+b==',
    '=',
    'arn:aws:iam::123456789012:mfa/jo',
    '[x]',
    'a b',
    'true',
  ),
  fc.base64String({ minLength: 1 }),
)
const changes: fc.Arbitrary<Changes> = fc
  .uniqueArray(oneOf(...ownKeys, 'aws_security_token'), { maxLength: 5 })
  .chain((keys) =>
    fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), fc.option(value, { nil: undefined, freq: 5 })))),
  )
  .map((pairs) => Object.fromEntries(pairs))
const profile = fc.constantFrom('mfa', 'mfa', 'default', 'new.one')

/** Whether botocore reads the file, and will when a profile is added: an unsound `[DEFAULT]` may show only then. */
function isReadable(bytes: string, kind: Kind): boolean {
  return readLikeBotocore(`${bytes}\n[one more]\n`, kind) !== undefined
}

/** What botocore reads, for files that it reads. */
function reading(bytes: string, kind: Kind): ModelReading {
  return readLikeBotocore(bytes, kind) ?? assert.fail(`not readable: ${JSON.stringify(bytes)}`)
}

/** Runs an edit on a readable file; `undefined` when the edit is refused because the profile has two sections. */
function edited(edit: () => string): string | undefined {
  try {
    return edit()
  } catch (error) {
    if (error instanceof Failure && error.message.includes('more than one section')) return undefined
    throw error
  }
}

function without(values: Record<string, unknown> | undefined, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => !keys.includes(key)))
}

/** The bytes of all lines but the profile's header and the lines of these keys in its section. */
function untouched({ lines }: ModelReading, name: string, keys: string[]): string[] {
  return lines
    .filter((line) => line.profile !== name || !(line.role === 'header' || keys.includes(line.key ?? '')))
    .map(({ bytes }) => bytes)
}

/** Two lists of lines are the same, but that the last line may have got or lost its end. */
function sameLines(actual: string[], expected: string[]): void {
  const last = (all: string[]) => all.with(-1, all.at(-1)?.replace(/[\r\n]+$/, '') ?? '')
  if (expected.length === 0) assert.deepEqual(actual, expected)
  else if (actual.join('') !== expected.join('')) assert.deepEqual(last(actual), last(expected))
}

describe('for any file', () => {
  test('accepts what botocore reads and nothing else, and reads the same', () => {
    let readable = 0
    fc.assert(
      fc.property(file, ([kind, bytes]) => {
        if (!isReadable(bytes, kind)) {
          assert.throws(() => checkAwsFile(bytes, '~/.aws/config'), Failure)
          return
        }
        readable++
        const model = reading(bytes, kind)
        checkAwsFile(bytes, '~/.aws/config')
        assert.deepEqual(new Set(listProfiles(bytes, kind)), new Set(Object.keys(model.profiles)))
        for (const name of Object.keys(model.profiles)) {
          assert.deepEqual(readProfile(bytes, kind, name), model.own[name])
        }
      }),
      search,
    )
    assert.ok(readable > search.numRuns / 4, `only ${readable} files could be read`)
  })

  const readableFile = file.filter(([kind, bytes]) => isReadable(bytes, kind))

  test('setting keys is read back, keeps every other line byte for byte and every other meaning', () => {
    fc.assert(
      fc.property(readableFile, profile, changes, ([kind, bytes], name, wanted) => {
        const before = reading(bytes, kind)
        const after = edited(() => setProfile(bytes, kind, name, wanted))
        if (after === undefined) return
        const model = reading(after, kind)
        const keys = Object.keys(wanted)
        assert.deepEqual(model.others, before.others)
        assert.deepEqual(without(model.profiles, [name]), without(before.profiles, [name]))
        const set = Object.fromEntries(Object.entries(wanted).filter(([, v]) => v !== undefined))
        const isThere = name in before.own || Object.keys(set).length > 0
        assert.deepEqual(model.own[name], isThere ? { ...without(before.own[name], keys), ...set } : undefined)
        assert.deepEqual(readProfile(after, kind, name), model.own[name])
        if (name in before.own) sameLines(untouched(model, name, keys), untouched(before, name, keys))
        else assert.ok(after.startsWith(bytes))
      }),
      search,
    )
  })

  test('setting the same twice changes nothing the second time', () => {
    fc.assert(
      fc.property(readableFile, profile, changes, ([kind, bytes], name, wanted) => {
        const once = edited(() => setProfile(bytes, kind, name, wanted))
        if (once !== undefined) assert.equal(setProfile(once, kind, name, wanted), once)
      }),
      search,
    )
  })

  test('removing a profile that was added gives the file back', () => {
    fc.assert(
      fc.property(readableFile, profile, changes, ([kind, bytes], name, wanted) => {
        fc.pre(!listProfiles(bytes, kind).includes(name))
        const added = setProfile(bytes, kind, name, wanted)
        assert.equal(removeProfile(added, kind, name, Object.keys(wanted)), bytes)
      }),
      search,
    )
  })

  test('removing keys keeps every other line and every other meaning', () => {
    fc.assert(
      fc.property(readableFile, profile, fc.subarray(ownKeys), ([kind, bytes], name, keys) => {
        const before = reading(bytes, kind)
        const after = edited(() => removeProfile(bytes, kind, name, keys))
        if (after === undefined) return
        const model = reading(after, kind)
        assert.deepEqual(model.others, before.others)
        assert.deepEqual(without(model.profiles, [name]), without(before.profiles, [name]))
        const left = without(before.own[name], keys)
        if (name in model.own || Object.keys(left).length > 0)
          assert.deepEqual(model.own[name], before.own[name] && left)
        const lost = untouched(before, name, keys).length - untouched(model, name, keys).length
        if (name in model.own || !(name in before.own)) assert.equal(lost, 0)
        else assert.ok(lost <= 1)
        const significant = (lines: string[]) => lines.filter((line) => line.trim() !== '')
        sameLines(significant(untouched(model, name, keys)), significant(untouched(before, name, keys)))
      }),
      search,
    )
  })
})

describe('beside the installed botocore', { skip: absentBotocore() }, () => {
  const parameters = fuzz ? { numRuns: 5_000 } : { seed: 20261122, numRuns: 400 }

  test('the model reads generated files, before and after an edit, as botocore does', () => {
    const files = fc.sample(fc.tuple(file, profile, changes), parameters).flatMap(([[kind, bytes], name, wanted]) => {
      if (!isReadable(bytes, kind)) return [[bytes, kind] as const]
      const after = edited(() => setProfile(bytes, kind, name, wanted)) ?? bytes
      const removed = edited(() => removeProfile(after, kind, name, ownKeys)) ?? bytes
      return [[bytes, kind] as const, [after, kind] as const, [removed, kind] as const]
    })
    for (const [index, answer] of askBotocore(files).entries()) {
      const [bytes, kind] = files[index] ?? assert.fail()
      const model = readLikeBotocore(bytes, kind)
      const { profiles, others } = model ?? {}
      assert.deepEqual(model && { profiles, others }, answer, JSON.stringify(bytes))
    }
  })
})

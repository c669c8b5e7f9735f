import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CodeSource } from '../../src/session/codes/codeSource.js'
import { type Enrolment, enrolmentChanges, readEnrolment } from '../../src/session/enrolment.js'
import { setProfile } from '../support/awsText.js'
import { failsWith } from '../support/failsWith.js'

const keys = { mfa_serial: 'arn:aws:iam::123456789012:mfa/alice', awsmfa_source_profile: 'default' }
const facts = { mfaProfile: 'mfa', sourceProfile: 'default', serialNumber: keys.mfa_serial, durationSeconds: 43_200 }
const read = (more: Record<string, string>, inherited?: string) =>
  readEnrolment('mfa', { ...keys, ...more }, '~/.aws/config', inherited)

const sources = [
  { kind: 'keychain' },
  { kind: 'none' },
  { kind: 'process', command: 'pass otp aws' },
  { kind: 'file', key: { kind: 'identity', path: '/home/a b/id.txt' }, path: '/home/a b/seeds/x.age' },
  { kind: 'file', key: { kind: 'passphrase-file', path: '/run/pass' } },
  { kind: 'file', key: { kind: 'passphrase-command', command: 'keyctl pipe 7' } },
] as const satisfies CodeSource[]

describe('where codes come from', () => {
  // What stood there before must not show through what is enrolled now.
  for (const before of [{}, { mfa_process: 'other' }, ...sources.map((each) => written(each))]) {
    for (const inherited of [undefined, 'pass otp aws', 'inherited']) {
      for (const codes of sources) {
        test(`${JSON.stringify(codes)} is read as it was written over ${JSON.stringify(before)}, source ${inherited}`, () => {
          const text = setProfile('', 'config', 'mfa', before)
          const mfaProcess = (before as Keys).mfa_process ?? inherited
          const enrolled = { ...keys, ...before }
          const changes = enrolmentChanges({ ...facts, codes }, enrolled, mfaProcess)
          const after = keysOf(setProfile(text, 'config', 'mfa', changes))
          assert.deepEqual(readEnrolment('mfa', after, 'config', inherited), { ...facts, codes })
        })
      }
    }
  }

  test('mfa_process goes before the keychain where no store is written down', () => {
    assert.deepEqual(read({ mfa_process: 'pass otp aws' }), { ...facts, codes: sources[2] })
    assert.deepEqual(read({}, 'pass otp aws'), { ...facts, codes: sources[2] })
    assert.deepEqual(read({ mfa_process: 'own' }, 'inherited').codes, { kind: 'process', command: 'own' })
  })

  for (const itself of [
    'awsmfa code',
    '/usr/bin/awsmfa --quiet code',
    '"C:\\x y\\awsmfa.cmd" code',
    'npx awsmfa code -q',
  ]) {
    test(`${itself}, which is there for aws-vault, is not asked by awsmfa`, () => {
      assert.deepEqual(read({ mfa_process: itself }), { ...facts, codes: sources[0] })
      assert.deepEqual(read({}, itself), { ...facts, codes: sources[0] })
      assert.deepEqual(read({ mfa_process: itself }, 'pass otp aws'), { ...facts, codes: sources[2] })
    })
  }

  test('a command that only looks like awsmfa is asked', () => {
    for (const command of [
      'pass otp awsmfa',
      'myawsmfa code',
      'pass-awsmfa code',
      'awsmfa-code x',
      'op item get awsmfa --fields code',
    ]) {
      assert.equal(read({ mfa_process: command }).codes.kind, 'process', command)
    }
  })

  test('a store that is written down counts, whatever else there is', () => {
    assert.equal(read({ awsmfa_seed_store: 'keychain', mfa_process: 'pass otp aws' }).codes.kind, 'keychain')
    assert.equal(read({ awsmfa_seed_store: 'none' }, 'pass otp aws').codes.kind, 'none')
  })

  test("the source profile's mfa_process is not copied, and a person's own is not removed", () => {
    const process: Enrolment = { ...facts, codes: sources[2] }
    const inherited = 'pass otp aws'
    assert.ok(!('mfa_process' in enrolmentChanges(process, undefined, inherited)))
    assert.ok(!('mfa_process' in enrolmentChanges({ ...facts, codes: sources[0] }, undefined, inherited)))
  })

  const broken: [Record<string, string>, RegExp][] = [
    [{ awsmfa_seed_store: 'process' }, /mfa_process of profile mfa .* is missing/],
    [{ awsmfa_seed_store: 'file' }, /is file, and no key to it is named/],
    [
      { awsmfa_seed_store: 'file', awsmfa_seed_identity: '/a', awsmfa_seed_passphrase_file: '/b' },
      /is file, and more than one key to it is named/,
    ],
    [{ awsmfa_seed_store: 'vault' }, /awsmfa_seed_store of profile mfa .* is 'vault'/],
  ]
  for (const [more, message] of broken) {
    test(`${JSON.stringify(more)} is refused`, async () => {
      await failsWith('act', message, () => read(more))
    })
  }
})

type Keys = Readonly<Record<string, string>>

function written(codes: CodeSource): Keys {
  const entries = Object.entries(enrolmentChanges({ ...facts, codes }, undefined))
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function keysOf(text: string): Keys {
  return Object.fromEntries([...text.matchAll(/^(\w+) = (.*)$/gm)].map(([, key = '', value = '']) => [key, value]))
}

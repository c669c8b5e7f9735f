import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSourceProfileName, similarProfile } from '../../src/core/profileName.js'
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

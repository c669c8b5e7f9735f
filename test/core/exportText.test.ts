import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { exportText } from '../../src/core/exportText.js'
import { failsWith } from '../support/failsWith.js'
import { absent, which } from '../support/parts.js'
import { tempFolder } from '../support/tempFolder.js'

const values = {
  PLAIN: 'tok/en+==',
  QUOTES: `it's "so" \`here\``,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell would put something in its place
  DOLLAR: '$HOME ${HOME} $(id) !! ~ %PATH% * #',
  BACKSLASH: "a\\b\\\\c\\'d\\",
  TWO_LINES: 'first\nsecond\n',
  EMPTY: '',
  SIGNS: '-n ; & | < > ( ) { } [ ]',
}

/** What a shell that evaluates the text hands on. */
function read(shell: string, args: readonly string[], format: 'sh' | 'fish'): Record<string, string | undefined> {
  const node = `'${process.execPath}' -e 'process.stdout.write(JSON.stringify(process.env))'`
  const script = `${exportText(format, values, ['AWS_PROFILE', 'AWS_VAULT', 'not a name;id'])}\n${node}\n`
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_PROFILE: 'x', AWS_VAULT: 'y' }
  const { stdout, stderr } = spawnSync(which(shell) ?? shell, [...args, '-c', script], { env, encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Record<string, string | undefined>
}

describe('a shell reads the very same bytes, and forgets other credentials', () => {
  for (const [shell, args, format] of [
    ['sh', [], 'sh'],
    ['bash', ['--norc'], 'sh'],
    ['zsh', ['-f'], 'sh'],
    ['fish', ['--no-config'], 'fish'],
  ] as const) {
    test(shell, { skip: absent(shell) }, () => {
      const found = read(shell, args, format)
      for (const [name, value] of Object.entries(values)) assert.equal(found[name], value, name)
      assert.deepEqual([found.AWS_PROFILE, found.AWS_VAULT], [undefined, undefined])
    })
  }

  test('what eval "$(…)" takes is the same', { skip: absent('bash') }, () => {
    const script = `eval "$TEXT"; printf %s "$TWO_LINES$BACKSLASH$DOLLAR"`
    const env = { TEXT: exportText('sh', values, []) }
    const { stdout } = spawnSync('/bin/bash', ['--norc', '-c', script], { env, encoding: 'utf8' })
    assert.equal(stdout, values.TWO_LINES + values.BACKSLASH + values.DOLLAR)
  })
})

test('PowerShell gets single quotes, all kinds of which are doubled', () => {
  assert.equal(
    exportText('powershell', { A: "it's ‘so’", B: '$x `n' }, ['AWS_PROFILE']),
    "Remove-Item Env:AWS_PROFILE -ErrorAction SilentlyContinue\n$env:A = 'it''s ‘‘so’’'\n$env:B = '$x `n'",
  )
})

test('an .env file holds what all its readers take alike, and is refused for the rest', async (t) => {
  const token = 'IQoJb3JpZ2luX2Vj/+A=='
  const text = exportText('dotenv', { AWS_SESSION_TOKEN: token }, ['AWS_PROFILE'])
  assert.equal(text, `AWS_SESSION_TOKEN=${token}`)
  for (const value of Object.values(values).slice(1)) {
    if (value !== '')
      await failsWith('usage', /AWS_X has a character/, () => exportText('dotenv', { AWS_X: value }, []))
  }
  const file = join(tempFolder(t), '.env')
  writeFileSync(file, text)
  const args = [`--env-file=${file}`, '-p', 'process.env.AWS_SESSION_TOKEN']
  assert.equal(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout, `${token}\n`)
})

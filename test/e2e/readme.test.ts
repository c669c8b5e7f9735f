import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { everyCommand } from '../../src/cli/everyCommand.js'
import { flagTerm, nameAndOperand } from '../../src/cli/help.js'
import { manual } from '../../src/cli/manual.js'
import { flagName, voiceFlags } from '../../src/cli/spec.js'
import { commands } from '../../src/cli/table.js'
import { keyPolicy } from '../../src/core/iam.js'
import { top } from '../support/program.js'

const papers = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md'].map((name) => ({
  name,
  text: readFileSync(join(top, name), 'utf8'),
}))

/** Every `awsmfa …` that a paper shows in code, without the comment behind it; a message of awsmfa's has gaps. */
function commandLines(text: string): string[] {
  const inline = [...text.matchAll(/`(awsmfa [^`]+)`/g)].map(([, line = '']) => line)
  const blocks = [...text.matchAll(/^(?:\$|PS>) (awsmfa .*)$/gm)].map(([, line = '']) => line)
  return [...inline.filter((line) => !line.includes('…')), ...blocks].map((line) => line.replace(/ +#.*$/, ''))
}

/** The text of the whole program, with `…` for what is put in. */
function sources(): string {
  const folder = join(top, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
  return text.replace(/\$\{[^{}]*\}|\{\w+\}/g, '…')
}

const every = await everyCommand()
const shared = { ...manual.flags, ...voiceFlags }
/** The flags of a command and of its members. */
const flagsOf = (command: string) =>
  every
    .filter(({ path }) => path.split(' ')[1] === command)
    .flatMap(({ spec }) => Object.keys({ ...spec.flags, ...shared }))

describe('the papers', () => {
  for (const { name, text } of papers) {
    test(`${name} shows only commands and flags that exist`, () => {
      for (const line of commandLines(text)) {
        const [, command = ''] = line.split(' ')
        const isManual = /^(-|[0-9]{6}$|CODE$|COMMAND$|SHELL$|\[)/.test(command)
        assert.ok(Object.hasOwn(commands, command) || isManual, line)
        const known = [...(isManual ? Object.keys(shared) : flagsOf(command)).map(flagName), '--help', '--version']
        for (const [flag] of line.replace(/'[^']*'/g, '').matchAll(/--[a-z-]+/g)) {
          assert.ok(known.includes(flag), `${flag} in ${line}`)
        }
      }
    })

    test(`${name} links only to files that are there`, () => {
      for (const [, path = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(top, path)), path)
      for (const [path] of text.matchAll(/\btest\/[\w/.]+\.ts\b/g)) assert.ok(existsSync(join(top, path)), path)
    })
  }

  const readme = papers[0]?.text ?? ''

  test('README.md quotes only messages that the program can say', () => {
    const section = readme.split('## When it stops working')[1]?.split('**Other programs say**')[0] ?? ''
    const rows = [...section.matchAll(/^\| (`.*?`) \| /gm)].map(([, cell = '']) => cell)
    const messages = rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
    assert.ok(messages.length > 50, `${messages.length} messages`)
    const said = sources()
    for (const message of messages) {
      // The source puts its parts together: `…` and punctuation are where they may meet.
      const parts = message.split(/…|, |: |; |'|\(|\)/).map((part) => part.trim())
      for (const part of parts) assert.ok(said.includes(part), `${part} in ${message}`)
      assert.ok(
        parts.some((part) => part.length >= 12),
        message,
      )
    }
  })

  test("README.md's list of commands is that of the table", () => {
    const rows = Object.entries(commands).map(([name, row]) => ({ name: nameAndOperand(name, row), ...row }))
    const width = Math.max(...rows.map(({ name }) => name.length)) + 2
    const list = rows.map(({ name, summary }) => `awsmfa ${name.padEnd(width)}${summary}\n`).join('')
    assert.ok(readme.includes(`\n\`\`\`\n${list}\n`), list)
  })

  test("README.md's table of flags is that of the table", async () => {
    const [refresh, status] = [await commands.refresh?.load(), await commands.status?.load()]
    const own = Object.entries(refresh?.flags ?? {}).filter(([key]) => !Object.hasOwn(shared, key))
    const flags = [
      ...Object.entries(manual.flags ?? {}),
      ...own,
      ...Object.entries({ ...voiceFlags, ...status?.flags }),
    ]
    const rows = flags.map(([key, flag]) => `| \`${flagTerm(key, flag)}\` | ${flag.about} | ${flag.fallback ?? ''} |\n`)
    const table = rows.join('').replaceAll('  |', ' |')
    assert.ok(readme.includes(`| --- | --- | --- |\n${table}\n`), table)
  })

  test("README.md's policy for keys is the one that AWS's no is answered with", () => {
    assert.ok(readme.includes(JSON.stringify(keyPolicy('aws'), undefined, 2)))
  })

  test("README.md's scheduler texts are those that schedule install writes", () => {
    const folder = join(top, 'test', 'fixtures', 'schedule')
    const written = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    const section = (papers[0]?.text ?? '').split('## Run it by itself')[1]?.split('\n## ')[0] ?? ''
    const blocks = [...section.matchAll(/```(?:ini|xml|cron)\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    assert.ok(blocks.length >= 3, `${blocks.length} blocks`)
    for (const line of blocks.join('').split('\n')) assert.ok(written.includes(line), line)
  })
})

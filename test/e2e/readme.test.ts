import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { top } from '../support/sandbox.js'

const papers = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md'].map((name) => ({
  name,
  text: readFileSync(join(top, name), 'utf8'),
}))

function help(...command: string[]): string {
  return execFileSync(process.execPath, [join(top, 'dist', 'main.js'), ...command, '--help'], { encoding: 'utf8' })
}

/** Every `awsmfa …` that a paper shows in code, without the comment behind it. */
function commandLines(text: string): string[] {
  const inline = [...text.matchAll(/`(awsmfa [^`]+)`/g)].map(([, line = '']) => line)
  const blocks = [...text.matchAll(/^(?:\$|PS>) (awsmfa .*)$/gm)].map(([, line = '']) => line)
  return [...inline, ...blocks].map((line) => line.replace(/ +#.*$/, ''))
}

describe('the papers', () => {
  const own = help()
  const commands = [...own.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = '']) => name)
  const helps = new Map(commands.map((name) => [name, help(name)]))

  for (const { name, text } of papers) {
    test(`${name} shows only commands and flags that exist`, () => {
      for (const line of commandLines(text)) {
        const [, command = ''] = line.split(' ')
        const words = helps.get(command) ?? own
        const isManual = /^(-|[0-9]{6}$|CODE$|COMMAND$|SHELL$|\[)/.test(command)
        assert.ok(helps.has(command) || isManual, line)
        const parts =
          command === 'schedule' ? `${words}${help('schedule', 'install')}${help('schedule', 'status')}` : words
        for (const [flag] of line.replace(/'[^']*'/g, '').matchAll(/--[a-z-]+/g)) {
          assert.ok(parts.includes(flag) || own.includes(flag), `${flag} in ${line}`)
        }
      }
    })

    test(`${name} links only to files that are there`, () => {
      for (const [, path = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(top, path)), path)
      for (const [path] of text.matchAll(/\btest\/[\w/.]+\.ts\b/g)) assert.ok(existsSync(join(top, path)), path)
    })
  }

  test("README.md's list of commands is that of the program", () => {
    const listed = [...(papers[0]?.text ?? '').matchAll(/^awsmfa ([a-z]+)\b/gm)].map(([, command]) => command)
    assert.deepEqual([...new Set(listed)].sort(), [...commands].sort())
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

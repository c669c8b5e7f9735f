import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { everyCommand } from '../../src/cli/everyCommand.js'
import { flagTerm } from '../../src/cli/help.js'
import { manPage } from '../../src/cli/manPage.js'
import { exitCodes } from '../../src/errors.js'
import { absent } from '../support/parts.js'
import { top } from '../support/program.js'
import { tempFolder } from '../support/tempFolder.js'

const page = await manPage('1.2.3')
const sections = 'NAME SYNOPSIS DESCRIPTION COMMANDS FILES ENVIRONMENT EXIT STATUS EXAMPLES SEE ALSO'

describe('the manual page', () => {
  it('has the sections that people look for, in their order', () => {
    assert.equal([...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title).join(' '), sections)
  })

  it('tells of every command, flag, example and exit code', async () => {
    const text = page.replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\(ti', '~').replaceAll('\\(dq', '"')
    for (const { path, spec } of await everyCommand()) {
      const part = text.split(`.SS "${path}"\n`)[1]?.split('\n.S')[0] ?? assert.fail(path)
      for (const [key, flag] of Object.entries(spec.flags ?? {}))
        assert.ok(part.includes(`\\fB${flagTerm(key, flag)}\\fR`), `${path} ${key}`)
      const joined = part.replaceAll('\\e\n', '').replace(/ {2,}/g, ' ')
      for (const example of spec.examples) assert.ok(joined.includes(` $ ${example.split(' # ')[0]}`), example)
    }
    const codes = text.split('.SH EXIT STATUS')[1]?.split('.SH')[0] ?? ''
    const told = [...codes.matchAll(/^\\fB(\d+)\\fR$/gm)].map(([, code]) => Number(code))
    assert.deepEqual(told, [0, 1, ...Object.values(exitCodes), 130])
  })

  it('names the files that README.md names, and only variables that the program knows', () => {
    const readme = readFileSync(join(top, 'README.md'), 'utf8').split('### Files')[1]?.split('<details>')[0] ?? ''
    const text = page.replaceAll('\\(ti', '~').replaceAll('\\-', '-')
    const paths = [...readme.matchAll(/^\| `(~[^`]+)`/gm)].map(([, path = '']) => path)
    assert.ok(paths.length >= 4)
    for (const path of paths) assert.ok(text.includes(`\\fB${path}\\fR`), path)
  })

  it('keeps to lines that no request and no typography of roff changes', () => {
    for (const line of page.split('\n')) {
      assert.match(line, /^(\.(TH|SH|SS|TP|PP|nf|fi|nh)( |$)|[^.'])|^$/, line)
      assert.doesNotMatch(line.replace(/\\(-|e|&|f[BR]|\((aq|ga|ha|ti|dq))/g, ''), /[\\\-'`^~]/, line)
    }
  })

  it('is shown by man without a warning, as it was written', { skip: absent('man', 'groff') }, (t) => {
    const file = join(tempFolder(t), 'awsmfa.1')
    writeFileSync(file, page)
    const shown = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', file], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8', MANPAGER: 'cat', MAN_KEEP_FORMATTING: '' },
    })
    assert.deepEqual([shown.status, shown.stderr], [0, ''])
    for (const words of ["--mfa-process 'pass otp aws/alice'", '~/.aws/config', '--min-remaining TIME', '$PROFILE']) {
      assert.ok(shown.stdout.includes(words), words)
    }
    for (const line of shown.stdout.split('\n')) assert.ok(line.length <= 80, line)
  })

  it('passes the lint of mandoc', { skip: absent('mandoc') }, (t) => {
    const file = join(tempFolder(t), 'awsmfa.1')
    writeFileSync(file, page)
    const lint = spawnSync('mandoc', ['-T', 'lint', file], { encoding: 'utf8' })
    const found = lint.stdout.split('\n').filter((line) => !/missing date|seems to be outdated|Mdocdate/.test(line))
    assert.deepEqual(found, [''])
  })

  it('lies beside the program when that is built', () => {
    const { man, version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'))
    assert.match(readFileSync(join(top, man), 'utf8'), new RegExp(`^\\.TH AWSMFA 1 "" "awsmfa ${version}" `))
  })
})

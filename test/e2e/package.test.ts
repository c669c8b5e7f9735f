import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { oldestNode } from '../../src/core/oldestNode.js'

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

describe('the package that npm would publish', () => {
  let folder: string
  let unpacked: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-pack-'))
    // Without scripts: dist/ is built already, and a build now would take it away under the other tests.
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: top,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [{ filename }] = JSON.parse(packed)
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
    unpacked = join(folder, 'package')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('holds the compiled sources and the papers, and nothing else', () => {
    const sources = readdirSync(join(top, 'src'), { recursive: true }).map(String)
    const expected = [
      ...sources.filter((name) => name.endsWith('.ts')).map((name) => `dist/${name.replace(/\.ts$/, '.js')}`),
      ...['dist/awsmfa.1', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'],
    ]
    const found = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1))
    assert.deepEqual(found.sort(), expected.sort())
  })

  test('starts, from wherever it was unpacked', () => {
    symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'))
    const { bin, version } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
    const program = join(unpacked, bin.awsmfa)
    assert.ok(statSync(program).mode & 0o100, 'not executable')
    const shown = execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' })
    assert.equal(shown, `awsmfa ${version} (npm package awsmfa)\n`)
  })

  test('runs no script when it is installed, and names a licence and the Node versions', () => {
    const {
      scripts,
      license,
      engines,
      private: isPrivate,
    } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /install|prepare/.test(name)),
      [],
    )
    assert.equal(license, 'Apache-2.0')
    assert.equal(engines.node, `>=${oldestNode}`)
    assert.equal(isPrivate, undefined)
  })
})

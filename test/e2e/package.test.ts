import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { oldestNodes } from '../../src/core/oldestNode.js'
import { top } from '../support/program.js'
import { tempFolder } from '../support/tempFolder.js'

/** Another project of the same sources, in another place. */
function copyOfSources(folder: string): string {
  for (const name of ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(top, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

function build(folder: string): Record<string, string> {
  execFileSync(process.execPath, [join('scripts', 'build.mjs')], { cwd: folder, stdio: 'pipe' })
  return filesIn(join(folder, 'dist'))
}

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

  test('holds the papers, and in dist/ exactly what the sources give, wherever they are built', (t) => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.ja.md', 'README.md', 'SECURITY.md', 'dist', 'package.json']
    assert.deepEqual(readdirSync(unpacked).sort(), papers)
    const built = build(copyOfSources(realpathSync(tempFolder(t))))
    assert.deepEqual(filesIn(join(unpacked, 'dist')), built)
    assert.ok(built['main.js'] !== undefined && built['THIRD-PARTY-NOTICES.txt'] !== undefined)
  })

  test('can be read: names and layout of the sources, and maps that lead to them', () => {
    const { 'keychainChild.js': child = '', 'keychainChild.js.map': map = '' } = filesIn(join(unpacked, 'dist'))
    assert.match(child, /^async function perform\(keytar, question\) \{$/m)
    const { sources, sourcesContent } = JSON.parse(map) as { sources: string[]; sourcesContent?: unknown }
    assert.ok(sources.includes('../src/world/keychainChild.ts'), sources.join())
    assert.equal(sourcesContent, undefined)
  })

  test('needs keytar and nothing else, and is small', () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest()
    assert.deepEqual(
      [Object.keys(dependencies), optionalDependencies, peerDependencies],
      [['keytar'], undefined, undefined],
    )
    const bytes = (path: string): number =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
    const needed = ['keytar', 'node-addon-api'].map((name) => join(top, 'node_modules', name))
    const installed = [unpacked, ...needed].reduce((sum, path) => sum + bytes(path), 0)
    assert.ok(installed <= 5_000_000, `${installed} bytes when installed`)
    const modules = Object.entries(filesIn(join(unpacked, 'dist'))).filter(([name]) => name.endsWith('.js'))
    const outside = modules.flatMap(([, text]) => [
      ...text.matchAll(/^(?:import|export) .*from "([^"]+)"|^import "([^"]+)"/gm),
    ])
    for (const [, module = ''] of outside) assert.match(module, /^(node:|\.\/)|^(https?|fs|path|os|child_process)$/)
  })

  test('starts, from wherever it was unpacked', () => {
    const { bin, version } = manifest()
    const program = join(unpacked, bin.awsmfa)
    assert.ok(statSync(program).mode & 0o100, 'not executable')
    const shown = execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' })
    assert.equal(shown, `awsmfa ${version} (npm package awsmfa)\n`)
  })

  test('runs no script when it is installed, and names a licence and the Node versions', () => {
    const { scripts, license, engines, private: isPrivate } = manifest()
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /install|prepare/.test(name)),
      [],
    )
    assert.equal(license, 'Apache-2.0')
    assert.equal(engines.node, `^${oldestNodes[0]} || >=${oldestNodes[1]}`)
    assert.equal(isPrivate, undefined)
  })

  test('names every package that is in it, with its licence, and lists them in an SBOM', () => {
    const papers = filesIn(join(unpacked, 'dist'))
    const notices = papers['THIRD-PARTY-NOTICES.txt'] ?? ''
    const sbom = JSON.parse(papers['sbom.cdx.json'] ?? '') as Sbom
    // What the maps and the bundler's own remarks say, which is not what the lists were made from.
    const inBundle = Object.values(papers).flatMap((text) =>
      [...text.matchAll(/^\/\/(?:#region)? ?node_modules\/(?:.*\/node_modules\/)?((?:@[^/\s]+\/)?[^/\s]+)\//gm)].map(
        ([, name = '']) => name,
      ),
    )
    assert.ok(inBundle.includes('@aws-sdk/client-sts') && inBundle.includes('commander'))
    for (const name of new Set(inBundle)) assert.match(notices, new RegExp(`^${name} \\d\\S* \\(.+\\)$`, 'm'), name)
    for (const words of ['Apache License', 'Permission is hereby granted', 'Paul Miller'])
      assert.ok(notices.includes(words))

    assert.deepEqual([sbom.bomFormat, sbom.specVersion, sbom.version], ['CycloneDX', '1.6', 1])
    const refs = sbom.components.map((component) => component['bom-ref'])
    assert.equal(new Set(refs).size, refs.length)
    const { version } = manifest()
    assert.equal(sbom.metadata.component.purl, `pkg:npm/awsmfa@${version}`)
    for (const component of sbom.components) {
      const { group, name, version, purl, licenses, hashes } = component
      const full = group === undefined ? name : `${group}/${name}`
      assert.equal(purl, `pkg:npm/${full.replace('@', '%40')}@${version}`)
      assert.equal(component.type, 'library')
      assert.match(licenses[0]?.license?.id ?? licenses[0]?.expression ?? '', /^[\w.() -]+$/)
      assert.match(hashes[0]?.content ?? '', /^[0-9a-f]{128}$/)
    }
    const listed = sbom.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`))
    assert.deepEqual(
      [...new Set(inBundle)].filter((name) => !listed.includes(name)),
      [],
    )
    assert.ok(listed.includes('@github/keytar') && listed.includes('node-addon-api'))
    const known = new Set([sbom.metadata.component['bom-ref'], ...refs])
    assert.deepEqual(new Set(sbom.dependencies.map(({ ref }) => ref)), known)
    for (const { dependsOn } of sbom.dependencies) for (const ref of dependsOn) assert.ok(known.has(ref), ref)
    const reached = new Set<string>()
    const visit = (ref: string) => {
      if (reached.has(ref)) return
      reached.add(ref)
      for (const next of sbom.dependencies.find((each) => each.ref === ref)?.dependsOn ?? []) visit(next)
    }
    visit(sbom.metadata.component['bom-ref'])
    assert.deepEqual(
      [...known].filter((ref) => !reached.has(ref)),
      [],
    )
  })

  test('is not built when the licence of a package in it is missing', async (t) => {
    const root = tempFolder(t)
    for (const name of ['bare', 'keytar', 'node-addon-api']) {
      mkdirSync(join(root, 'node_modules', name), { recursive: true })
      const text = JSON.stringify({ name, version: '1.0.0', license: 'MIT' })
      writeFileSync(join(root, 'node_modules', name, 'package.json'), text)
    }
    const { papers } = await import(pathToFileURL(join(top, 'scripts', 'papers.mjs')).href)
    const module = join(root, 'node_modules', 'bare', 'index.js')
    assert.throws(() => papers(root, [module]), /bare has no licence text, so it cannot be bundled/)
  })

  function manifest() {
    return JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
  }
})

interface Sbom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly version: number
  readonly metadata: { readonly component: { readonly 'bom-ref': string; readonly purl: string } }
  readonly components: readonly {
    readonly type: string
    readonly 'bom-ref': string
    readonly group?: string
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[]
    readonly hashes: readonly { readonly content: string }[]
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

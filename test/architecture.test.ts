import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const src = join(top, 'src')

/** Which rooms a file of each room may import from; `edge` is what lies in src/ itself. */
const allowed: Record<string, readonly string[]> = {
  'main.ts': ['edge.ts', 'core'],
  'standalone.ts': ['main.ts', 'world'],
  'edge.ts': ['cli.ts', 'errors.ts', 'world', 'world.ts', 'core'],
  'cli.ts': ['cli', 'core', 'errors.ts', 'world.ts', 'outside', 'commands'],
  cli: ['cli', 'core', 'errors.ts', 'world.ts', 'outside', 'commands'],
  commands: ['device', 'keys', 'doctor', 'session', 'runs', 'core', 'errors.ts', 'world.ts', 'outside'],
  doctor: ['doctor', 'device', 'keys', 'session', 'runs', 'core', 'errors.ts', 'world.ts', 'outside'],
  device: ['device', 'session', 'runs', 'core', 'errors.ts', 'world.ts', 'outside'],
  keys: ['keys', 'session', 'runs', 'core', 'errors.ts', 'world.ts', 'outside'],
  session: ['session', 'runs', 'core', 'errors.ts', 'world.ts', 'outside'],
  runs: ['runs', 'session', 'core', 'errors.ts', 'world.ts', 'outside'],
  world: ['world', 'core', 'errors.ts', 'world.ts', 'outside'],
  core: ['core', 'errors.ts'],
  'world.ts': ['outside', 'errors.ts'],
  outside: ['core', 'errors.ts', 'world.ts'],
  'errors.ts': [],
}

/** What a core file may import from outside: pure functions over text and bytes. */
const pureLibraries = new Set(['otplib', 'ini', 'qr', 'qr/decode.js', 'pngjs', 'node:util', 'node:path'])

/** Loaded by each run that needs them and by no other; type imports cost nothing. */
const lazy = /^(keytar|age-encryption|otplib|@aws-sdk\/|@smithy\/|https-proxy-agent|proxy-from-env|qr|pngjs)/

const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(src, name), 'utf8') }))

/** The modules that a file imports; `types` for those of which only types are. */
function importsOf(text: string): { module: string; types: boolean; dynamic: boolean }[] {
  const found = [
    ...[...text.matchAll(/^import (type )?(?:([^'"]*?) from )?'([^']+)'/gm)].map(([, type, names, module]) => {
      const onlyTypes = names?.startsWith('{') && !/[{,]\s*(?!type )\w/.test(names)
      return { module: module ?? '', types: type !== undefined || onlyTypes === true, dynamic: false }
    }),
    ...[...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, module]) => ({
      module: module ?? '',
      types: false,
      dynamic: true,
    })),
  ]
  return found
}

function room(name: string): string {
  return name.split('/')[0] ?? ''
}

function target(from: string, module: string): string {
  return relative(src, join(src, dirname(from), module)).replace(/\.js$/, '.ts')
}

test('there are source files to look at', () => {
  assert.ok(files.length > 40)
})

describe('imports go one way', () => {
  for (const { name, text } of files) {
    test(`${name} imports only what its room may`, () => {
      for (const { module } of importsOf(text).filter(({ module }) => module.startsWith('.'))) {
        const to = target(name, module)
        const rooms = allowed[room(name)]
        assert.ok(rooms, `no rule for ${room(name)}`)
        assert.ok(rooms.includes(room(to)), `${name} imports ${to}`)
        if (room(name) === 'commands') assert.notEqual(room(to), 'commands', `${name} imports ${to}`)
      }
    })
  }
})

test('core imports pure libraries only', () => {
  for (const { name, text } of files.filter(({ name }) => room(name) === 'core')) {
    for (const { module } of importsOf(text).filter(({ module, types }) => !module.startsWith('.') && !types)) {
      assert.ok(pureLibraries.has(module), `${name} imports ${module}`)
    }
  }
})

test('what is slow or native is imported when it is needed, not at the start', () => {
  for (const { name, text } of files) {
    for (const { module, types, dynamic } of importsOf(text)) {
      if (!lazy.test(module) || types || dynamic) continue
      assert.ok(reachedLazily(name), `${name} imports ${module} statically`)
    }
  }
})

/** A file that is itself only ever imported dynamically, or as another process, may import what it likes. */
function reachedLazily(name: string): boolean {
  return (
    files.every(({ name: other, text }) =>
      importsOf(text).every(
        ({ module, types, dynamic }) =>
          dynamic || types || !module.startsWith('.') || target(other, module) !== name || reachedLazily(other),
      ),
    ) && !['main.ts', 'standalone.ts', 'edge.ts', 'cli.ts'].includes(name)
  )
}

test('the process, the console and the clock are touched at the edge and in world/ only', () => {
  for (const { name, text } of files.filter(
    ({ name }) => room(name) !== 'world' && !['main.ts', 'standalone.ts', 'edge.ts'].includes(name),
  )) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'[^'\n]*'|`[^`]*`/g, "''")
    for (const forbidden of [/\bprocess\./, /\bconsole\./, /\bDate\.now\b/, /\bnew Date\(\)/]) {
      assert.doesNotMatch(code, forbidden, name)
    }
  }
})

test('the import scanner sees static, type-only and dynamic imports', () => {
  const text =
    "import a, { type B } from 'x'\nimport type { C } from './c.js'\nimport { type D } from 'd'\nimport 'e'\nawait import('f')\n"
  assert.deepEqual(importsOf(text), [
    { module: 'x', types: false, dynamic: false },
    { module: './c.js', types: true, dynamic: false },
    { module: 'd', types: true, dynamic: false },
    { module: 'e', types: false, dynamic: false },
    { module: 'f', types: false, dynamic: true },
  ])
})

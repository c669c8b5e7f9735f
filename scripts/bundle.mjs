// Makes of src/ and the packages what is published: a few ES modules, not minified, with source maps. Equal sources give
// equal bytes, wherever they lie.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { papers } from './papers.mjs'
import { top } from './ready.mjs'

/** What Node starts: the program, and two parts that are a process and a thread of their own. */
const entries = { main: 'main', keychainChild: 'world/keychainChild', qrWorker: 'world/qrWorker' }

/**
 * What is loaded together lies together, each with all that it imports and that no group above it has: every file that is
 * read costs a millisecond. `main` and the keychain's child stand alone.
 */
const groups = [
  { name: 'fresh', test: /\/src\/fresh\.ts$/, priority: 6 },
  { name: 'edge', test: /\/src\/(edge|cli\/refresh|(cli|commands)\/credentialProcess)\.ts$/, priority: 5 },
  { name: 'files', test: /\/src\/world\/(replaceFile|fileFacts)\.ts$/, priority: 4.8 },
  { name: 'parse', test: /\/src\/cli\/(parse|help|manual)\.ts$/, priority: 4.5 },
  {
    name: 'renew',
    test: /\/src\/(commands\/refresh|session\/sessionFor|world\/(keychain|sts))\.ts$/,
    priority: 4,
  },
  { name: 'sts', test: /\/(@aws-sdk\/client-sts|@smithy\/node-http-handler)\/dist-es\/index\.js$/, priority: 3 },
  {
    ...{ name: 'shared', test: /\/src\/(?!main|core\/oldestNode|world\/(keychainChild|qrWorker))/, priority: 2 },
    ...{ minShareCount: 2, includeDependenciesRecursively: false },
  },
  {
    ...{ name: 'sdk', test: /\/node_modules\/(@aws-sdk|@smithy)\//, priority: 1 },
    ...{ minShareCount: 2, includeDependenciesRecursively: false },
  },
]

/**
 * @param folder - where the files go; those of an earlier build stay
 * @param options - `root`: where package.json, src/ and node_modules/ are; `standalone`: for the executable, the files in
 *   src/ of which there is one with `.standalone` in its name are exchanged for that
 */
export async function bundle(folder, { root = top, standalone = false } = {}) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, join(root, 'src', `${path}.ts`)]),
  )
  const build = await rolldown({
    cwd: root,
    input: standalone ? { ...input, standalone: join(root, 'src', 'standalone.ts') } : input,
    platform: 'node',
    tsconfig: false,
    external: ['keytar', /\.node$/],
    preserveEntrySignatures: false,
    // A package is what package.json names, whatever it is a link to. The SDK's CommonJS cannot be taken apart.
    resolve: { symlinks: false, mainFields: ['module', 'main'] },
    transform: { target: 'es2023', define: { awsmfaVersion: JSON.stringify(version) } },
    plugins: standalone ? [standaloneParts] : [builtins],
  })
  const { output } = await build.generate({
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: ({ name, facadeModuleId }) => `${readable(name, facadeModuleId)}-[hash].js`,
    codeSplitting: standalone ? true : { groups },
  })
  await build.close()
  mkdirSync(folder, { recursive: true })
  const write = (name, text) => writeFileSync(join(folder, name), text)
  for (const { fileName, type, code: generated, map } of output) {
    if (type !== 'chunk') continue
    const code = lazilyRequiring(generated)
    const mapped = map?.sources.some((source) => !source.includes('node_modules/'))
    write(fileName, mapped ? code : code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
    // Names and lines: the texts would make the package half as large again, and are in the repository, at the tag.
    if (mapped) write(`${fileName}.map`, JSON.stringify({ ...map, sourcesContent: undefined }))
  }
  const modules = output.flatMap(({ type, moduleIds }) => (type === 'chunk' ? moduleIds : []))
  for (const [name, text] of Object.entries(papers(root, modules))) write(name, text)
}

/** The bundler's own `require`, which CommonJS packages use, loads one of Node's modules: then, and not at every start. */
function lazilyRequiring(code) {
  return code
    .replace(/^import \{ createRequire \} from "node:module";\n/m, '\n')
    .replace(
      'var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();',
      'var __require = (id) => process.getBuiltinModule("node:module").createRequire(import.meta.url)(id);',
    )
}

/** `index.js` of a package says nothing. */
function readable(name, module) {
  return /\/node_modules\/(?:@[^/]+\/)?([^/]+)\/(?!.*\/node_modules\/)/.exec(module ?? '')?.[1] ?? name
}

/**
 * `import` of one of Node's own modules reads every property of it: so `node:process` brings the network's streams along,
 * and `node:fs` readline. Asked for by name it does not, and a fresh session is found in half the time.
 */
const builtins = {
  name: 'builtin modules',
  transform(code, id) {
    // Old Nodes read the first two, and the bundler takes its own for one without effects.
    if (/\/src\/(main|core\/oldestNode)\.ts$/.test(id) || id.includes('rolldown/runtime')) return undefined
    const changed = code.replace(
      /^import (?:(\w+)|\* as (\w+)|\{([^}]*)\}) from ['"](node:[\w/]+)['"];?$/gm,
      (_, whole, star, names, module) => {
        const from =
          module === 'node:process' ? 'globalThis.process' : `globalThis.process.getBuiltinModule('${module}')`
        return `const ${names === undefined ? (whole ?? star) : `{${names.replace(/\btype \w+(?: as \w+)?,?/g, '').replace(/ as /g, ': ')}}`} = ${from};`
      },
    )
    // No line moves.
    return changed === code ? undefined : { code: changed, map: null }
  },
}

const standaloneParts = {
  name: 'standalone parts',
  async resolveId(source, importer, options) {
    const found = await this.resolve(source, importer, options)
    const other = found?.id.replace(/\.ts$/, '.standalone.ts')
    return other !== found?.id && existsSync(other ?? '') ? { ...found, id: other } : found
  },
}

// The papers of the bundle, made from the list of modules that are in it: whose licences apply, and what it consists of.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** @param modules - the paths of all modules of the bundle */
export function papers(root, modules) {
  const read = (folder) => ({ ...packageAt(join(root, folder)), folder })
  const folders = new Set(
    modules.flatMap((path) => packageFolder(path.slice(root.length + 1).replaceAll('\\', '/')) ?? []),
  )
  const bundled = [...folders].map(read).sort(byName)
  const outside = ['node_modules/keytar', 'node_modules/node-addon-api'].map(read)
  // The bundler adds a few helpers of its own.
  const helpers = modules.some((path) => path.includes('rolldown/runtime'))
  const bundler = dirname(createRequire(import.meta.url).resolve('rolldown/package.json'))
  const inside = [...bundled, ...(helpers ? [packageAt(bundler)] : [])]
  return {
    'THIRD-PARTY-NOTICES.txt': notices(inside.map((each) => ({ ...each, text: licenceText(inside, each) }))),
    'sbom.cdx.json': `${JSON.stringify(sbom(root, read('.'), bundled, outside), undefined, 2)}\n`,
  }
}

function packageAt(place) {
  return { ...JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')), place }
}

/** @returns the folder of the package that a module is from; `undefined` for a module of our own or of the bundler */
function packageFolder(path) {
  return /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}

function byName(one, other) {
  const key = ({ name, version }) => `${name} ${version}`
  return key(one) < key(other) ? -1 : 1
}

/**
 * Some packages of a repository with many come without the text that the others bring.
 *
 * @throws Error when there is none: nobody may pass on code without it
 */
function licenceText(packages, wanted) {
  const same = ({ license, repository }) => `${license} ${repository?.url?.replace(/^git\+|\.git$/g, '')}`
  const text =
    ownText(wanted) ??
    packages
      .filter((each) => same(each) === same(wanted))
      .map(ownText)
      .find(Boolean)
  if (text === undefined) throw new Error(`${wanted.name} has no licence text, so it cannot be bundled`)
  return text
}

function ownText({ place }) {
  const files = readdirSync(place).filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file))
  if (!files.some((file) => !/^notice/i.test(file))) return undefined
  const texts = files.sort().map((file) => readFileSync(join(place, file), 'utf8').replaceAll('\r', '').trim())
  return texts.join('\n\n')
}

/** Packages with the same text share it. */
function notices(packages) {
  const texts = new Map()
  for (const { name, version, license, text } of packages) {
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`])
  }
  const parts = [...texts].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)
  return ['awsmfa contains code of these packages.\n', ...parts].join(`\n${'-'.repeat(80)}\n\n`)
}

/** CycloneDX 1.6, without time and serial number: the same bundle has the same list. */
function sbom(root, self, bundled, outside) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const component = ({ name, version, license, folder }) => ({
    type: 'library',
    'bom-ref': purl(name, version),
    ...(name.startsWith('@') ? { group: name.split('/')[0], name: name.split('/')[1] } : { name }),
    version,
    scope: 'required',
    hashes: [
      {
        alg: 'SHA-512',
        content: Buffer.from(lock[folder].integrity.slice('sha512-'.length), 'base64').toString('hex'),
      },
    ],
    licenses: /[ ()]/.test(license) ? [{ expression: license }] : [{ license: { id: license } }],
    purl: purl(name, version),
  })
  const all = [...bundled, ...outside]
  const refs = ({ folder, dependencies = {} }) =>
    Object.keys(dependencies).flatMap((name) => {
      const found = nearest(root, folder, name)
      return all.filter((each) => each.folder === found).map(({ name, version }) => purl(name, version))
    })
  const main = { ...self, folder: '', dependencies: { ...self.devDependencies, ...self.dependencies } }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        ...{ type: 'application', 'bom-ref': purl(self.name, self.version), name: self.name, version: self.version },
        ...{ licenses: [{ license: { id: self.license } }], purl: purl(self.name, self.version) },
      },
    },
    components: all.map(component),
    dependencies: [main, ...all].map((each) => ({ ref: purl(each.name, each.version), dependsOn: refs(each).sort() })),
  }
}

/** Where Node finds a package from a folder: there, or in a folder above. */
function nearest(root, folder, name) {
  for (let from = folder; ; from = from.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`
    if (existsSync(join(root, place)) || from === '') return place
  }
}

function purl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

// Looks at a release's folder from outside, as those who download from it will.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { assetOf, repositoryOf, sha256, sumsOf, tarballOf } from './releaseFolder.mjs'

/**
 * @returns what was found right, in words
 * @throws Error for the first thing that is not
 */
export function checkReleaseFolder({ out, pkg, here }) {
  const read = (name) => readFileSync(join(out, name), 'utf8')
  const expect = (what, holds) => {
    if (!holds) throw new Error(`${what}: not so in ${out}`)
    return what
  }
  const tarball = join(out, tarballOf(pkg))
  const download = `${repositoryOf(pkg)}/releases/download/v${pkg.version}`
  const done = [
    expect('SHA256SUMS names every file', read('SHA256SUMS') === sumsOf(out)),
    expect('the tarball is of this version', packedVersion(tarball) === pkg.version),
    expect('the formula names it with its checksum', formulaIsRight(read('awsmfa.rb'), pkg, sha256(tarball))),
  ]
  for (const name of ['install.sh', 'install.ps1']) {
    done.push(expect(`${name} knows the repository`, read(name).includes(`'${repositoryOf(pkg)}'`)))
  }
  if (process.platform !== 'win32') execFileSync('sh', ['-n', join(out, 'install.sh')])
  if (existsSync(join(out, 'awsmfa.json'))) {
    const { version, architecture } = JSON.parse(read('awsmfa.json'))
    const { url, hash } = architecture['64bit']
    const windows = assetOf('windows-x64')
    const right = url === `${download}/${windows}#/awsmfa.exe` && hash === sha256(join(out, windows))
    done.push(
      expect('the Scoop manifest names the Windows program with its checksum', right && version === pkg.version),
    )
  }
  for (const name of readdirSync(out).filter((name) => name.endsWith('.cdx.json'))) {
    done.push(expect('the SBOM is CycloneDX', JSON.parse(read(name)).bomFormat === 'CycloneDX'))
  }
  if (here && existsSync(join(out, assetOf(here)))) {
    const shown = execFileSync(join(out, assetOf(here)), ['--version'], { encoding: 'utf8', env: {} })
    done.push(expect(`${assetOf(here)} starts and says its version`, shown.startsWith(`awsmfa ${pkg.version} `)))
  }
  return done
}

function packedVersion(tarball) {
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })
  return JSON.parse(text).version
}

function formulaIsRight(text, pkg, checksum) {
  const url = `https://registry.npmjs.org/${pkg.name}/-/${tarballOf(pkg)}`
  return text.includes(`  url "${url}"\n  sha256 "${checksum}"\n`)
}

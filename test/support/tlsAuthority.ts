import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate authority for one test run, made with the `openssl` command. Nothing trusts it unless told to. */
export interface TlsAuthority {
  /** the PEM file of its certificate, for `AWS_CA_BUNDLE` */
  readonly caPath: string
  readonly folder: string
  /** Key and certificate of a server. Names are DNS names; 127.0.0.1 and 0.0.0.0 are always in it. */
  issue(names: readonly string[]): { key: string; cert: string }
  remove(): void
}

export function makeTlsAuthority(): TlsAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=awsmfa test CA', '-keyout', 'ca.key', '-out', 'ca.pem')
  let serial = 0
  return {
    caPath: join(folder, 'ca.pem'),
    folder,
    issue(names) {
      serial += 1
      const [key, request, cert] = ['key', 'csr', 'pem'].map((kind) => `server-${serial}.${kind}`) as [
        string,
        string,
        string,
      ]
      const alternatives = [...names.map((name) => `DNS:${name}`), 'IP:127.0.0.1', 'IP:0.0.0.0'].join(',')
      writeFileSync(join(folder, 'extensions'), `subjectAltName=${alternatives}\n`)
      openssl('req', ...newKey, '-subj', '/CN=awsmfa test server', '-keyout', key, '-out', request)
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(serial), '-days', '2']
      openssl('x509', '-req', '-in', request, ...signing, '-extfile', 'extensions', '-out', cert)
      return { key: readFileSync(join(folder, key), 'utf8'), cert: readFileSync(join(folder, cert), 'utf8') }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

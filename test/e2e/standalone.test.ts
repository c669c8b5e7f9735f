import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, it } from 'node:test'
import { absent } from '../support/parts.js'
import { program, standalone } from '../support/program.js'
import { assertRefused, enrolledFiles, openSandbox } from '../support/sandbox.js'
import { secretServiceParts, startSecretService } from '../support/secretService.js'
import { alice } from '../support/strictSts.js'
import { tempFolder } from '../support/tempFolder.js'

/** A program that tells when it runs. */
const planted = (folder: string) => `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'ran'))}, '')`

// `AWSMFA_BIN=…/awsmfa npm test -- e2e/`, after `npm run build:standalone`.
if (standalone) {
  describe('the executable', () => {
    it('runs from an empty folder with nothing on the PATH', async (t) => {
      const cwd = tempFolder(t)
      const run = spawnSync(program, ['--version'], { cwd, env: { HOME: cwd }, encoding: 'utf8' })
      assert.match(run.stdout, /^awsmfa \d+\.\d+\.\d+/)
      assert.deepEqual([run.status, run.stderr, readdirSync(cwd)], [0, '', []])
    })

    it('runs nothing that lies in the folder of the person', { skip: absent(...secretServiceParts) }, async (t) => {
      const service = await startSecretService()
      t.after(() => service.stop())
      const sandbox = await openSandbox(t, { keychain: service })
      const home = sandbox.home.path
      sandbox.home.write('plant.js', planted(home))
      sandbox.home.write('bunfig.toml', 'preload = ["./plant.js"]\n')
      sandbox.home.write('.env', 'AWSMFA_RUN_BY=cron\nBUN_OPTIONS=--preload=./plant.js\n')
      for (const name of ['keytar', '@aws-sdk/client-sts', 'commander', 'otplib']) {
        mkdirSync(join(home, 'node_modules', name), { recursive: true })
        writeFileSync(join(home, 'node_modules', name, 'index.js'), planted(home))
      }
      mkdirSync(join(home, 'world'))
      writeFileSync(join(home, 'world', 'keytar.node'), '')
      const enrolled = await sandbox.run(['enroll', '--serial-number', alice.serialNumber], { input: alice.seed })
      assert.equal(enrolled.code, 0, enrolled.stderr)
      assert.equal(service.lookup(alice.serialNumber), alice.seed)
      assert.equal(sandbox.home.read('ran'), undefined)
      assert.equal(sandbox.home.read('.aws/credentials')?.includes('ASIA'), true)
      // TMPDIR is the home here: keytar's library is left, for its owner alone.
      const left = readdirSync(home).filter((name) => name.endsWith('.node'))
      assert.equal(left.length, 1)
      for (const name of left) assert.equal(statSync(join(home, name)).mode & 0o777, 0o600)
    })

    it('says what is wrong with a temporary folder that may run nothing', {
      skip: absent('unshare', ...secretServiceParts),
    }, async (t) => {
      const service = await startSecretService()
      t.after(() => service.stop())
      const sandbox = await openSandbox(t, { keychain: service, files: enrolledFiles })
      const noexec = join(sandbox.home.path, 'noexec')
      mkdirSync(noexec)
      service.store(alice.serialNumber, alice.seed)
      const mounted = 'mount -t tmpfs -o noexec,mode=1777 tmpfs "$TMPDIR" && exec "$0" "$@"'
      const within = ['unshare', '-Urm', '/bin/sh', '-c', mounted]
      const run = await sandbox.run(['refresh'], { within, env: { TMPDIR: noexec } })
      assertRefused(run, 3, /^awsmfa: profile mfa: the keychain's library cannot be loaded from the temporary folder: /)
      assert.match(run.stderr, /hint: set TMPDIR to a folder of your own that is not mounted noexec/)
    })

    it('loads nothing that another user has put into the temporary folder', {
      skip: (process.geteuid?.() !== 0 && 'only root can be two users') || absent('setpriv', ...secretServiceParts),
    }, async (t) => {
      const service = await startSecretService()
      t.after(() => service.stop())
      const sandbox = await openSandbox(t, { keychain: service, files: enrolledFiles })
      service.store(alice.serialNumber, alice.seed)
      const shared = tempFolder(t)
      chmodSync(shared, 0o1777)
      assert.equal((await sandbox.run(['refresh'], { env: { TMPDIR: shared } })).code, 0)
      const [name = ''] = readdirSync(shared).filter((each) => each.endsWith('.node'))
      const { size } = statSync(join(shared, name))
      const other = ['--reuid=54321', '--regid=54321', '--clear-groups', '/bin/sh', '-c']
      spawnSync('rm', ['-f', join(shared, name)])
      spawnSync('setpriv', [...other, `head -c ${size} /dev/zero >"$0" && chmod 755 "$0"`, join(shared, name)])
      assert.equal(statSync(join(shared, name)).uid, 54321)
      const run = await sandbox.run(['refresh', '--force'], { env: { TMPDIR: shared } })
      assert.doesNotMatch(run.stderr, /cannot be loaded/)
    })

    it('is started by hooks and schedules with one word, or with its own path in front', async (t) => {
      const sandbox = await openSandbox(t, { keychain: 'none' })
      const run = await sandbox.run([program, '--version'])
      assert.match(run.stdout, /^awsmfa \d/)
    })
  })
}

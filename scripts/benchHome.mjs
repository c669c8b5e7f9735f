// Throw-away homes for the bench, and the stand-in for AWS that its commands talk to.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { top } from './ready.mjs'

const main = join(top, 'dist', 'main.js')
const keychain = ['--require', join(top, 'test', 'support', 'throwAwayKeychain.cjs')]
const account = 'arn:aws:iam::123456789012'
const accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

/** A strict AWS with one user and many devices: each takes nine codes in three minutes only. */
export async function startAws() {
  const serialNumbers = Array.from({ length: 1000 }, (_, number) => `${account}:mfa/device-${number}`)
  const devices = serialNumbers.map((serialNumber) => ({ serialNumber, seed }))
  const user = { arn: `${account}:user/alice`, keys: [{ accessKeyId, secretAccessKey }], devices }
  const file = join(top, 'build', 'test', 'support', 'strictSts.js')
  const child = spawn(process.execPath, [file, JSON.stringify({ users: [user] })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { url: JSON.parse(line).url, seed, newDevice: () => serialNumbers.pop(), stop: () => child.stdin.end() }
}

/**
 * A home with one enrolment that is fresh, and what another tool has left. Each run begins with the same files.
 *
 * @param crowd - what is there in masses: `config`, `credentials`, `enrolments`, `devices`, or nothing
 */
export function makeBenchHome(aws, crowd) {
  const path = mkdtempSync(join(tmpdir(), 'awsmfa-bench-'))
  const { PATH } = process.env
  const env = { PATH, HOME: path, AWS_ENDPOINT_URL: aws.url, AWS_DEFAULT_REGION: 'us-east-1' }
  const serialNumber = aws.newDevice()
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  mkdirSync(join(path, '.aws'), { mode: 0o700 })
  const write = (files) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o600 })
  }
  const left = `[work-long-term]\n${keys}aws_mfa_device = ${account}:mfa/work\n`
  write({ '.aws/credentials': `${crowdedCredentials(crowd, keys)}[default]\n${keys}${left}` })
  write({ '.aws/config': `${crowdedConfig(crowd)}[default]\nregion = us-east-1\n` })

  const spawnProgram = (args, input = '', options = keychain) => {
    const start = performance.now()
    const run = spawnSync(process.execPath, [...options, main, ...args], { env, input, maxBuffer: 2 ** 28 })
    return { ...run, ms: performance.now() - start }
  }
  const enrolled = spawnProgram(['enroll', '--serial-number', serialNumber], seed)
  if (enrolled.status !== 0) throw new Error(`enroll: ${enrolled.stderr}`)
  const read = (name) => readFileSync(join(path, name), 'utf8')
  if (crowd === 'enrolments') enrolMany(write, read)
  if (crowd === 'devices') enrolDevices(write, read, aws)
  // As every home after its first run: the hook's stamp says when each session is due.
  if (crowd === 'enrolments') spawnProgram(['refresh'])
  const files = snapshot(path)

  return {
    env,
    /** Runs the program; the milliseconds that it took. `bare`: without the keychain that is a file, for who asks none. */
    run(args, { input, codes = [0], bare = false } = {}) {
      write(files)
      const { status, stderr, error, ms } = spawnProgram(args, input, bare ? [] : keychain)
      if (!codes.includes(status)) throw new Error(`awsmfa ${args.join(' ')}: ${error?.message ?? stderr}`)
      return ms
    },
    /** Runs it on the files as the last run has left them. */
    again(args) {
      const { status, stderr, error, ms } = spawnProgram(args)
      if (status !== 0) throw new Error(`awsmfa ${args.join(' ')}: ${error?.message ?? stderr}`)
      return ms
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** As a person has them who works with a hundred accounts. */
function crowdedConfig(crowd) {
  if (crowd !== 'config') return ''
  return many(1000, (number) => {
    const url = 'sso_start_url = https://example.awsapps.com/start\nsso_region = us-east-1\n'
    const role = `sso_account_id = ${100_000_000_000 + number}\nsso_role_name = Developer\nregion = us-east-1\n`
    return `[profile sso-${number}]\n${url}${role}\n`
  })
}

function crowdedCredentials(crowd, keys) {
  if (crowd !== 'credentials') return ''
  return many(1000, (number) => `[account-${number}]\n${keys}region = us-east-1\noutput = json\nteam = blue\n\n`)
}

/** The one enrolment 199 times more, all with its session, as one refresh writes them. */
function enrolMany(write, read) {
  for (const [name, header] of [
    ['.aws/credentials', '[mfa]'],
    ['.aws/config', '[profile mfa]'],
  ]) {
    const text = read(name)
    const section = /^[^[]*/.exec(text.slice(text.indexOf(header) + header.length))[0].trimEnd()
    const copies = many(199, (number) => `\n${header.replace('mfa', `mfa-${number}`)}${section}\n`)
    write({ [name]: text + copies })
  }
}

/** 49 more, each with a device and a seed of its own, and no session yet. */
function enrolDevices(write, read, aws) {
  const serialNumbers = Array.from({ length: 49 }, () => aws.newDevice())
  const sections = serialNumbers.map((serialNumber, number) => {
    return `[profile device-${number}]\nmfa_serial = ${serialNumber}\nawsmfa_source_profile = default\n`
  })
  const items = Object.fromEntries(serialNumbers.map((serialNumber) => [`awsmfa ${serialNumber}`, seed]))
  write({
    '.aws/config': `${read('.aws/config')}\n${sections.join('')}`,
    '.throw-away-keychain.json': JSON.stringify({ ...JSON.parse(read('.throw-away-keychain.json')), ...items }),
  })
}

function many(count, one) {
  return Array.from({ length: count }, (_, number) => one(number)).join('')
}

/** The home's files; what a run adds to them stays, except among these. */
function snapshot(path) {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return [file.slice(path.length + 1), readFileSync(file)]
    }),
  )
}

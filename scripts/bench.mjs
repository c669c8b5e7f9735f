// `npm run bench`: how long the commands take, as ratios to a bare start of the same Node in the same run, so that the
// machine hardly matters. Against a stand-in for STS on loopback, with a keychain that is a file.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { build, buildTests, install, top } from './ready.mjs'

install()
build()
buildTests()

const rounds = Number(process.argv[2] ?? 15)
const home = mkdtempSync(join(tmpdir(), 'awsmfa-bench-'))
const strict = spawn(process.execPath, [join(top, 'build', 'test', 'support', 'strictSts.js')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const [line] = await once(createInterface({ input: strict.stdout }), 'line')
const { url, accessKeyId, secretAccessKey, serialNumber, seed } = JSON.parse(line)
mkdirSync(join(home, '.aws'), { mode: 0o700 })
writeFileSync(
  join(home, '.aws', 'credentials'),
  `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  { mode: 0o600 },
)
const env = { PATH: process.env.PATH, HOME: home, AWS_ENDPOINT_URL: url, AWS_DEFAULT_REGION: 'us-east-1' }

/** The time of one run in milliseconds. */
function time(command, args, input = '') {
  const start = performance.now()
  const { status, stderr, error } = spawnSync(command, args, { env, input })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return performance.now() - start
}

const keychain = ['--require', join(top, 'test', 'support', 'throwAwayKeychain.cjs')]
const main = join(top, 'dist', 'main.js')
const awsmfa = (...args) => [process.execPath, [...keychain, main, ...args]]

time(...awsmfa('enroll', '--serial-number', serialNumber), seed)
const rows = [
  ['node -e 0', [process.execPath, ['-e', '0']]],
  ['awsmfa --version', awsmfa('--version')],
  ['awsmfa refresh, still fresh', awsmfa('refresh')],
  ['awsmfa status', awsmfa('status')],
]
const aws = ['aws', ['configure', 'get', 'aws_session_token', '--profile', 'mfa']]
if (spawnSync('aws', ['--version']).status === 0) rows.push(['aws configure get, to compare', aws])

const times = new Map(rows.map(([name]) => [name, []]))
// Round by round, so that a busy moment hits all alike.
for (let round = 0; round < rounds; round++) {
  for (const [name, command] of rows) times.get(name).push(time(...command))
}
// Few full refreshes: AWS, and so its stand-in, takes nine codes in three minutes.
const full = 'awsmfa refresh --force'
times.set(full, [])
for (let round = 0; round < 2; round++) times.get(full).push(time(...awsmfa('refresh', '--force')))

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
const bare = median(times.get('node -e 0'))
process.stdout.write(`Node ${process.version}, median of ${rounds} rounds (${full}: 2)\n`)
for (const [name, values] of times) {
  const ms = median(values)
  process.stdout.write(
    `${name.padEnd(32)} ${(ms / bare).toFixed(2).padStart(6)} x a bare start   (${ms.toFixed(0)} ms)\n`,
  )
}

strict.stdin.end()
rmSync(home, { recursive: true, force: true })

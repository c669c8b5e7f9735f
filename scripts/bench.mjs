// `npm run bench [rounds]`: how long the commands take, as ratios in the same run, so that the machine hardly matters: to a
// bare start of the same Node, to the AWS CLI's own call, and to the same command in small files. Against a stand-in for
// STS on loopback, with a keychain that is a file. Limits are goals, not tests: a busy machine must fail nobody.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { makeBenchHome, startAws } from './benchHome.mjs'
import { prepare, top } from './ready.mjs'

await prepare()
// Node 20 reads this file at every start, which is not awsmfa's time.
delete process.env.NODE_EXTRA_CA_CERTS
const rounds = Number(process.argv[2] ?? 11)
const { stepAt } = await import('../build/src/core/code.js')
const { Seed } = await import('../build/src/core/seed.js')
const { totp } = await import('../build/src/core/totp.js')
const aws = await startAws()
const homes = []
const table = []
const old = Number.parseInt(process.versions.node, 10) < 22
try {
  compareWithBareStart()
  compareWithAwsCli()
  compareWithSmallFiles()
  compareWithOneDevice()
  print(`\nFor the README (npm run bench, Node ${process.version}):\n`)
  print(['| | measured | goal |', '| --- | --- | --- |', ...table, sizeRow()].join('\n'))
} finally {
  aws.stop()
  for (const home of homes) home.remove()
}

function compareWithBareStart() {
  const home = open()
  const [quick, full] = old ? [1.5, 3.5] : [1.3, 3]
  print(`Node ${process.version}, medians of ${rounds} rounds, against a bare start of Node`)
  const rows = [
    ['awsmfa --version', quick, () => home.run(['--version'], { bare: true })],
    ['awsmfa refresh, still fresh', quick, () => home.run(['refresh'], { bare: true })],
    ['awsmfa credential-process, fresh', quick, () => home.run(['credential-process'], { bare: true })],
    ['awsmfa status', undefined, () => home.run(['status'], { bare: true })],
    ['awsmfa refresh, renewed', full, () => renew(home)],
    ['awsmfa enroll', undefined, () => enroll(home)],
  ]
  compare(rows, () => time(process.execPath, ['-e', '0']), 'a bare start of Node')
}

function compareWithAwsCli() {
  if (spawnSync('aws', ['--version']).status !== 0)
    return print('\nno aws command here: nothing to compare a renewal with')
  const home = open()
  print('\nagainst the AWS CLI: aws sts get-session-token, at the same stand-in')
  const ask = () => {
    const code = totp(Seed.parse(aws.seed), stepAt(new Date()))
    const args = ['sts', 'get-session-token', '--serial-number', aws.newDevice(), '--token-code', code]
    return time('aws', [...args, '--profile', 'default', '--endpoint-url', aws.url], { env: home.env })
  }
  compare([['awsmfa refresh, renewed', 0.5, () => renew(home)]], ask, "the AWS CLI's own call")
}

/** Growth of the person's files. */
function compareWithSmallFiles() {
  const small = open()
  const crowds = {
    '1000 profiles in config': 'config',
    '1000 in credentials': 'credentials',
    '200 enrolments': 'enrolments',
  }
  const commands = [
    ['refresh, fresh', 1.3, (home) => home.run(['refresh', '--quiet'], { bare: true })],
    ['status', 1.3, (home) => home.run(['status'], { bare: true })],
    ['enroll', 1.5, enroll],
    ['doctor', 1.5, (home) => home.run(['doctor'], { codes: [0, 3] })],
    ['import', 1.5, (home) => home.run(['import', '--yes'])],
  ]
  print(
    "\nagainst the same command with one enrolment and nothing else in the files (refresh writes the hook's stamp, too)",
  )
  const grown = Object.entries(crowds).map(([name, crowd]) => [name, open(crowd)])
  for (const [command, limit, act] of commands) {
    const rows = grown.map(([name, home]) => [`${command}, ${name}`, limit, () => act(home)])
    compare(rows, () => act(small), 'small files')
  }
}

function compareWithOneDevice() {
  print('\nagainst one: 50 enrolments on 50 devices, all due')
  const refresh = (crowd) => open(crowd).run(['refresh', '--force'])
  compare([['awsmfa refresh, 50 devices', 3, () => refresh('devices')]], () => refresh(), 'one device', 3)
}

function open(crowd) {
  const home = makeBenchHome(aws, crowd)
  homes.push(home)
  return home
}

// A device is asked nine times in three minutes, so each of these has one of its own.
function enroll(home) {
  const args = ['enroll', '--mfa-profile-name', 'new', '--serial-number', aws.newDevice()]
  return home.run(args, { input: aws.seed })
}

function renew(home) {
  enroll(home)
  return home.again(['refresh', '--force', '--mfa-profile-name', 'new'])
}

/** Measures rows of name, limit and work against `base`, prints them, and keeps those with a limit for the table. */
function compare(rows, base, baseName, count = rounds) {
  for (const [name, { ratio, ms }] of measure(rows, base, count)) {
    const limit = rows.find(([each]) => each === name)[1]
    const mark = limit !== undefined && ratio > limit ? '   <-- over' : ''
    const goal = limit === undefined ? '' : `, at most ${limit} x`
    print(`${name.padEnd(42)} ${ratio.toFixed(2)} x   (${ms} ms${goal})${mark}`)
    if (limit !== undefined) table.push(`| ${name} | ${ratio.toFixed(2)} × ${baseName} | ${limit} × |`)
  }
}

/**
 * Runs everything round by round, so that a busy moment hits all alike.
 *
 * @param rows - names, each with a limit and a function that returns milliseconds
 * @param base - what their times are divided by, round by round
 */
function measure(rows, base, count) {
  const found = new Map(rows.map(([name]) => [name, { ratios: [], times: [] }]))
  for (let round = 0; round < count; round++) {
    const unit = base()
    for (const [name, , run] of rows) {
      const ms = run()
      found.get(name).ratios.push(ms / unit)
      found.get(name).times.push(ms)
    }
  }
  return [...found].map(([name, { ratios, times }]) => [name, { ratio: median(ratios), ms: Math.round(median(times)) }])
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}

function sizeRow() {
  const folders = ['dist', 'node_modules/keytar', 'node_modules/node-addon-api'].map((name) => join(top, name))
  const bytes = folders.filter(existsSync).reduce((sum, folder) => sum + sizeOf(folder), 0)
  return `| on disk, with its packages | ${(bytes / 1e6).toFixed(1)} MB | 5 MB |`
}

function sizeOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

function time(command, args, options) {
  const start = performance.now()
  const { status, stderr, error } = spawnSync(command, args, options)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return performance.now() - start
}

function print(line) {
  process.stdout.write(`${line}\n`)
}

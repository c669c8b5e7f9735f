// `npm run bench [rounds]`: how long the commands take, as ratios in the same run, so that the machine hardly matters: to a
// bare start of the same Node, and to the same command in small files. Against a stand-in for STS on loopback, with a
// keychain that is a file.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { makeBenchHome, startAws } from './benchHome.mjs'
import { prepare } from './ready.mjs'

await prepare()
const rounds = Number(process.argv[2] ?? 11)
const aws = await startAws()
const homes = []
try {
  compareWithBareStart()
  compareWithSmallFiles()
} finally {
  aws.stop()
  for (const home of homes) home.remove()
}

function compareWithBareStart() {
  const home = open()
  const run = (...args) => home.run(args)
  const node = () => time(process.execPath, ['-e', '0'])
  const rows = [
    ['awsmfa --version', () => run('--version')],
    ['awsmfa refresh, still fresh', () => run('refresh')],
    ['awsmfa status', () => run('status')],
    // A device is asked nine times in three minutes, so each of these has one of its own.
    ['awsmfa enroll', () => enroll(home)],
  ]
  if (spawnSync('aws', ['--version']).status === 0) {
    const args = ['configure', 'get', 'aws_session_token', '--profile', 'mfa']
    rows.push(['aws configure get, to compare', () => time('aws', args, { env: home.env })])
  }
  print(`Node ${process.version}, medians of ${rounds} rounds, against a bare start of Node`)
  for (const [name, { ratio, ms }] of measure(rows, node))
    print(`${name.padEnd(32)} ${ratio.toFixed(2)} x   (${ms} ms)`)
}

/** Growth of the person's files. Limits are goals, not tests: a busy machine must fail nobody. */
function compareWithSmallFiles() {
  const small = open()
  const crowds = {
    '1000 profiles in config': 'config',
    '1000 in credentials': 'credentials',
    '200 enrolments': 'enrolments',
  }
  const commands = [
    ['refresh, still fresh', 1.3, (home) => home.run(['refresh', '--quiet'])],
    ['status', 1.3, (home) => home.run(['status'])],
    ['enroll', 1.5, enroll],
    ['doctor', 1.5, (home) => home.run(['doctor'], { codes: [0, 3] })],
    ['import', 1.5, (home) => home.run(['import', '--yes'])],
  ]
  print(
    `\nthe same command, against one enrolment and nothing else in the files (refresh writes the hook's stamp, too)`,
  )
  const grown = Object.entries(crowds).map(([name, crowd]) => [name, open(crowd)])
  for (const [command, limit, act] of commands) {
    const rows = grown.map(([name, home]) => [name, () => act(home)])
    for (const [name, { ratio, ms }] of measure(rows, () => act(small))) {
      const mark = ratio > limit ? '   <-- over' : ''
      print(`${command.padEnd(22)} ${name.padEnd(24)} ${ratio.toFixed(2)} x   (${ms} ms, at most ${limit} x)${mark}`)
    }
  }
}

function open(crowd) {
  const home = makeBenchHome(aws, crowd)
  homes.push(home)
  return home
}

function enroll(home) {
  const args = ['enroll', '--mfa-profile-name', 'new', '--serial-number', aws.newDevice()]
  return home.run(args, { input: aws.seed })
}

/**
 * Runs everything round by round, so that a busy moment hits all alike.
 *
 * @param rows - names, each with a function that returns milliseconds
 * @param base - what their times are divided by, round by round
 */
function measure(rows, base) {
  const found = new Map(rows.map(([name]) => [name, { ratios: [], times: [] }]))
  for (let round = 0; round < rounds; round++) {
    const unit = base()
    for (const [name, run] of rows) {
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

function time(command, args, options) {
  const start = performance.now()
  const { status, stderr, error } = spawnSync(command, args, options)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return performance.now() - start
}

function print(line) {
  process.stdout.write(`${line}\n`)
}

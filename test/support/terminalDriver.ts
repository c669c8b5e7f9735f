// A tiny program for the terminal's tests: `terminalDriver.js METHOD [ARGUMENT [TIMES]]`. Prints what came back
// as JSON on stdout.
import process from 'node:process'
import { Failure } from '../../src/errors.js'
import { makeTerminal } from '../../src/world/terminal.js'

const [method = '', argument = 'seed:', times = '1'] = process.argv.slice(2)
// Where a test types after a line: long enough for a busy machine.
const { PAUSE_MS } = process.env
const terminal = makeTerminal({ pauseMs: PAUSE_MS === undefined ? undefined : Number(PAUSE_MS) })
// As main.ts does it: `exit` runs the clean-up.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
process.on('SIGHUP', () => process.exit(129))

try {
  for (let time = 0; time < Number(times); time++) terminal.answer(`answer: ${JSON.stringify(await run())}`)
} catch (error) {
  if (!(error instanceof Failure)) throw error
  terminal.fail(error)
  process.exitCode = 2
}

async function run(): Promise<unknown> {
  switch (method) {
    case 'ask':
      return await terminal.ask(argument)
    case 'askHidden':
      return await terminal.askHidden(argument)
    case 'hiddenThenOpen':
      return [await terminal.askHidden('seed:'), await terminal.ask('code:')]
    case 'confirm':
      return await terminal.confirm(argument)
    case 'countdown':
      return await terminal.countdown(Number(argument), 'waiting for the next code')
    case 'interactive':
      return terminal.interactive
    case 'columns':
      return terminal.columns
    case 'throwing':
      process.nextTick(() => {
        throw new Error('a bug elsewhere while the prompt is open')
      })
      return await terminal.askHidden(argument)
    case 'flood':
      for (let line = 0; line < 10_000; line++) terminal.answer(`line ${line}`)
      terminal.say('the work went on')
      return 'done'
    default:
      throw new Error(`no method ${method}`)
  }
}

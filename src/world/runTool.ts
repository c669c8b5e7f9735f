import { execFile } from 'node:child_process'
import { Failure } from '../errors.js'
import type { World } from '../world.js'

/** What a platform's own program has said. Text is latin1, so that every byte survives. */
export interface ToolRun {
  /** `undefined` when it was killed by a signal, or by the time limit */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** the first line that says something, for messages */
  readonly complaint: string
}

interface ToolOptions {
  /** latin1, for its standard input */
  readonly input?: string
  /** 20 seconds unless told: a service manager that is busy starting a session may take its time */
  readonly limitMs?: number
}

/**
 * Runs a program of the platform by its argument list, without a shell, in English and in UTC.
 *
 * @param tool - looked for on the PATH
 * @returns `undefined` when there is no such program
 */
export function runTool(
  tool: string,
  args: readonly string[],
  env: World['env'],
  { input = '', limitMs = 20_000 }: ToolOptions = {},
): Promise<ToolRun | undefined> {
  return new Promise((resolve) => {
    const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 16 << 20, windowsHide: true } as const
    const options = { ...limits, env: { ...env, LC_ALL: 'C', TZ: 'UTC' }, encoding: 'latin1' } as const
    const child = execFile(tool, args, options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return resolve(undefined)
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
      const said = exitCode === undefined ? undefined : (/\S.*/.exec(stderr) ?? /\S.*/.exec(stdout))?.[0]
      resolve({ exitCode, stdout, stderr, complaint: said ?? `no answer in ${limitMs / 1000} s` })
    })
    // A program that does not read its input, or is not there, is reported above.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input, 'latin1')
  })
}

/**
 * The same for a scheduler's program, where only success will do.
 *
 * @throws Failure `act` with what the program complained about
 */
export async function mustRun(...call: Parameters<typeof runTool>): Promise<void> {
  const [tool, args] = call
  const run = await runTool(...call)
  if (run === undefined)
    throw new Failure('act', `${tool} is not installed`, 'see awsmfa schedule install --help for others')
  if (run.exitCode === 0) return
  throw new Failure('act', `${tool} ${args.join(' ')} failed: ${run.complaint}`, [
    'mend that and run the same command again; --using chooses another scheduler',
  ])
}

import { execFile } from 'node:child_process'
import { Failure } from '../../errors.js'
import type { World } from '../../world.js'

/** What a platform's own program has said. Text is latin1, so that every byte survives. */
export interface ToolRun {
  /** `undefined` when it was killed by a signal, or by the time limit */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** the first line that says something, for messages */
  readonly complaint: string
}

export interface ToolOptions {
  readonly env: World['env']
  /** latin1, for its standard input */
  readonly input?: string
}

/** A service manager that is busy starting a session may take its time; one that is broken never answers. */
const limitMs = 20_000

/**
 * Runs a program of the platform by its argument list, without a shell, in English and in UTC.
 *
 * @param tool - looked for on the PATH
 * @returns `undefined` when there is no such program
 */
export function runTool(tool: string, args: readonly string[], options: ToolOptions): Promise<ToolRun | undefined> {
  return new Promise((resolve) => {
    const env = { ...options.env, LC_ALL: 'C', TZ: 'UTC' }
    const limits = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024, windowsHide: true } as const
    const child = execFile(tool, args, { ...limits, env, encoding: 'latin1' }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return resolve(undefined)
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
      const complaint = /\S.*/.exec(stderr)?.[0] ?? /\S.*/.exec(stdout)?.[0] ?? `no answer in ${limitMs / 1000} s`
      resolve({ exitCode, stdout, complaint: exitCode === undefined ? `no answer in ${limitMs / 1000} s` : complaint })
    })
    // A program that does not read its input, or is not there, is reported above.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '', 'latin1')
  })
}

/**
 * The same where only success will do.
 *
 * @throws Failure `act` with what the program complained about
 */
export async function mustRun(tool: string, args: readonly string[], options: ToolOptions): Promise<ToolRun> {
  const run = await runTool(tool, args, options)
  if (run === undefined)
    throw new Failure('act', `${tool} is not installed`, 'see awsmfa schedule install --help for others')
  if (run.exitCode === 0) return run
  throw new Failure('act', `${tool} ${args.join(' ')} failed: ${run.complaint}`, [
    'mend that and run the same command again; --using chooses another scheduler',
  ])
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import type { Clipboard, World } from '../world.js'
import { onExit } from './cleanup.js'

const copyLimitMs = 5_000
const pictureLimitMs = 10_000
const pngMagic = Buffer.from('\x89PNG', 'latin1')
const noClipboard = 'there is no clipboard: this is not a graphical session'
const otherwise = 'give the picture as a file instead: --qr FILE'

export interface ClipboardOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
}

type Command = readonly [program: string, ...args: string[]]

/** The clipboard by the platform's own program. The text goes in by its stdin: argv can be read by every user. */
export function makeClipboard({ env, platform }: ClipboardOptions): Clipboard {
  return {
    async copy(text) {
      const commands = commandsFor(env, platform)
      for (const command of commands) if (await copied(command, text, env)) return
      if (commands.length === 0) throw new Failure('act', noClipboard, 'leave out --copy')
      const names = commands.map(([program]) => program).join(' or ')
      throw new Failure('act', 'the clipboard is closed', `install or mend ${names}, or leave out --copy`)
    },
  }
}

/** The platform's programs, best first. */
function commandsFor(env: World['env'], platform: NodeJS.Platform): Command[] {
  if (platform === 'darwin') return [['/usr/bin/pbcopy']]
  if (platform === 'win32') return [[join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'clip.exe')]]
  const wayland: Command[] = env.WAYLAND_DISPLAY ? [['wl-copy']] : []
  const x11: Command[] = env.DISPLAY
    ? [
        ['xclip', '-selection', 'clipboard'],
        ['xsel', '--clipboard', '--input'],
      ]
    : []
  const wsl: Command[] = env.WSL_DISTRO_NAME ? [['clip.exe']] : []
  return [...wayland, ...x11, ...wsl]
}

/** @returns whether the program is there and took it */
function copied([program, ...args]: Command, text: string, env: World['env']): Promise<boolean> {
  return new Promise((resolve) => {
    // X11 and Wayland have no clipboard of their own: the program stays behind to serve it, and would keep pipes open.
    const child = spawn(program, args, {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: copyLimitMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
    })
    const forget = onExit(() => child.kill('SIGKILL'))
    const done = (yes: boolean) => {
      forget()
      resolve(yes)
    }
    child.once('error', () => done(false))
    child.once('exit', (exitCode) => done(exitCode === 0))
    child.stdin.on('error', () => {}) // It ended without reading: its exit code tells.
    child.stdin.end(text)
  })
}

/** The platform's own way to a picture, run without a shell. It writes to stdout, so that no file is made. */
interface Tool {
  readonly command: Command
  /** what to install when it is absent */
  readonly package: string
  /** the picture in what it wrote; default: all of it */
  bytes?(stdout: Buffer): Buffer
}

/**
 * The picture in the clipboard, as PNG.
 *
 * @param mostBytes - of the picture
 * @throws Failure `usage` when it holds none, `act` when there is no way to ask
 */
export async function readClipboardPicture(options: ClipboardOptions, mostBytes: number): Promise<Uint8Array> {
  const tool = toolFor(options)
  if (tool === undefined) throw new Failure('act', noClipboard, otherwise)
  const stdout = await run(tool, options.env, mostBytes)
  const bytes = tool.bytes?.(stdout) ?? stdout
  // Some owners of the clipboard hand out their text whatever is asked for.
  if (!bytes.subarray(0, 4).equals(pngMagic)) throw noPicture()
  return bytes
}

function toolFor({ env, platform }: ClipboardOptions): Tool | undefined {
  if (platform === 'win32') return powershell(env.SystemRoot ?? 'C:\\Windows')
  if (platform === 'darwin') return osascript
  if (env.WAYLAND_DISPLAY) {
    return { command: ['wl-paste', '--no-newline', '--type', 'image/png'], package: 'wl-clipboard' }
  }
  if (!env.DISPLAY) return undefined
  return { command: ['xclip', '-selection', 'clipboard', '-target', 'image/png', '-out'], package: 'xclip' }
}

/** AppleScript shows data as `«data PNGf89504E47…»`. */
const osascript: Tool = {
  command: ['/usr/bin/osascript', '-e', 'the clipboard as «class PNGf»'],
  package: 'osascript',
  bytes: (stdout) => Buffer.from(/data PNGf([0-9A-F]+)/.exec(stdout.toString('latin1'))?.[1] ?? '', 'hex'),
}

/** The clipboard wants a thread of the kind STA. stdout passes text only, hence base64. */
const powershell = (systemRoot: string): Tool => ({
  command: [
    join(systemRoot, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
    ...['-NoProfile', '-NonInteractive', '-STA', '-Command'],
    [
      'Add-Type -AssemblyName System.Windows.Forms, System.Drawing',
      '$image = [Windows.Forms.Clipboard]::GetImage()',
      'if ($image) { $png = New-Object IO.MemoryStream',
      '$image.Save($png, [Drawing.Imaging.ImageFormat]::Png)',
      '[Console]::Out.Write([Convert]::ToBase64String($png.ToArray())) }',
    ].join('; '),
  ],
  package: 'Windows PowerShell',
  bytes: (stdout) => Buffer.from(stdout.toString('latin1'), 'base64'),
})

function run(tool: Tool, env: World['env'], mostBytes: number): Promise<Buffer> {
  const [command, ...args] = tool.command
  // Text forms are up to twice as long as the picture.
  const limits = { timeout: pictureLimitMs, killSignal: 'SIGKILL', maxBuffer: 2 * mostBytes + 64 } as const
  return new Promise((resolve, reject) => {
    const child: ChildProcess = execFile(command, args, { env, encoding: 'buffer', ...limits }, (error, stdout) => {
      forget()
      if (error === null) resolve(stdout)
      else reject(failureOf(tool, error))
    })
    const forget = onExit(() => child.kill('SIGKILL'))
  })
}

function failureOf(tool: Tool, error: Error & { killed?: boolean; code?: unknown }): Failure {
  const [command] = tool.command
  if (error.code === 'ENOENT') {
    return new Failure('act', `${command} is not installed`, [`install ${tool.package}`, otherwise])
  }
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new Failure('usage', 'the picture in the clipboard is too large', 'copy the part with the QR code only')
  }
  if (error.killed)
    return new Failure('act', `${command} did not answer in ${pictureLimitMs / 1000} seconds`, otherwise)
  // The tools exit with 1 when there is no picture, and say so in words of their own, which may quote the clipboard.
  return noPicture()
}

function noPicture(): Failure {
  return new Failure('usage', 'the clipboard holds no picture', [
    'copy the QR code as a picture first, with the screenshot tool for example',
  ])
}

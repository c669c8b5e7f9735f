import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { Failure } from '../errors.js'
import type { World } from '../world.js'
import { onExit } from './cleanup.js'

const limitMs = 10_000
const pngMagic = Buffer.from('\x89PNG', 'latin1')
const otherwise = 'give the picture as a file instead: --qr FILE'

export interface ClipboardOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  readonly mostBytes: number
}

/** The platform's own way to the clipboard, run without a shell. It writes to stdout, so that no file is made. */
interface Tool {
  readonly command: string
  readonly args: readonly string[]
  /** what to install when it is absent */
  readonly package: string
  /** the picture in what it wrote */
  bytes(stdout: Buffer): Buffer
}

/**
 * The picture in the clipboard, as PNG.
 *
 * @throws Failure `usage` when it holds none, `act` when there is no way to ask
 */
export async function readClipboardPicture(options: ClipboardOptions): Promise<Uint8Array> {
  const tool = toolFor(options)
  if (tool === undefined) throw new Failure('act', 'there is no clipboard: this is not a graphical session', otherwise)
  const bytes = tool.bytes(await run(tool, options))
  // Some owners of the clipboard hand out their text whatever is asked for.
  if (!bytes.subarray(0, 4).equals(pngMagic)) throw noPicture()
  return bytes
}

function toolFor({ env, platform }: ClipboardOptions): Tool | undefined {
  if (platform === 'win32') return powershell(env.SystemRoot ?? 'C:\\Windows')
  if (platform === 'darwin') return osascript
  if (env.WAYLAND_DISPLAY) return wlPaste
  return env.DISPLAY ? xclip : undefined
}

const wlPaste: Tool = {
  command: 'wl-paste',
  args: ['--no-newline', '--type', 'image/png'],
  package: 'wl-clipboard',
  bytes: (stdout) => stdout,
}

const xclip: Tool = {
  command: 'xclip',
  args: ['-selection', 'clipboard', '-target', 'image/png', '-out'],
  package: 'xclip',
  bytes: (stdout) => stdout,
}

/** AppleScript shows data as `«data PNGf89504E47…»`. */
const osascript: Tool = {
  command: '/usr/bin/osascript',
  args: ['-e', 'the clipboard as «class PNGf»'],
  package: 'osascript',
  bytes: (stdout) => Buffer.from(/data PNGf([0-9A-F]+)/.exec(stdout.toString('latin1'))?.[1] ?? '', 'hex'),
}

/** The clipboard wants a thread of the kind STA. stdout passes text only, hence base64. */
const powershell = (systemRoot: string): Tool => ({
  command: join(systemRoot, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
  args: [
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

function run(tool: Tool, { env, mostBytes }: ClipboardOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      tool.command,
      tool.args,
      // Text forms are up to twice as long as the picture.
      { env, encoding: 'buffer', timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 2 * mostBytes + 64 },
      (error, stdout) => {
        forget()
        if (error === null) resolve(stdout)
        else reject(failureOf(tool, error))
      },
    )
    const forget = onExit(() => child.kill('SIGKILL'))
  })
}

function failureOf({ command, package: name }: Tool, error: Error & { killed?: boolean; code?: unknown }): Failure {
  if (error.code === 'ENOENT') return new Failure('act', `${command} is not installed`, [`install ${name}`, otherwise])
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new Failure('usage', 'the picture in the clipboard is too large', 'copy the part with the QR code only')
  }
  if (error.killed) return new Failure('act', `${command} did not answer in ${limitMs / 1000} seconds`, otherwise)
  // The tools exit with 1 when there is no picture, and say so in words of their own, which may quote the clipboard.
  return noPicture()
}

function noPicture(): Failure {
  return new Failure('usage', 'the clipboard holds no picture', [
    'copy the QR code as a picture first, with the screenshot tool for example',
  ])
}

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openedBy } from '../core/connections.js'
import { Failure } from '../errors.js'
import type { Opener, World } from '../world.js'

export interface OpenerOptions {
  readonly env: World['env']
  readonly platform: NodeJS.Platform
  /** how long the browser may take to come; a minute unless told */
  readonly limitMs?: number
  /** Linux's list of connections, which tells whose each is */
  readonly connections?: string
}

const otherwise = 'leave out --open, and open the address that is printed instead'

/**
 * Hands an address to the browser by way of a page of our own on loopback, which sends it on: command lines can be read by
 * every user of a machine, and the browser's own starts with what it is to open. The page is shown once, to this user.
 */
export function makeOpener({ env, platform, limitMs = 60_000, connections = '/proc/net/tcp' }: OpenerOptions): Opener {
  return {
    async open(url) {
      const command = commandFor(env, platform)
      if (command === undefined)
        throw new Failure('act', 'there is no browser: this is not a graphical session', otherwise)
      const path = `/${randomBytes(24).toString('base64url')}`
      const server = createServer()
      try {
        const fetched = handOver(server, { url, path, connections, limitMs })
        await listen(server)
        const { port } = server.address() as AddressInfo
        await Promise.race([fetched, starting([...command, `http://127.0.0.1:${port}${path}`], env)])
        await fetched
      } finally {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

/** The platform's own opener, run without a shell. */
function commandFor(env: World['env'], platform: NodeJS.Platform): readonly string[] | undefined {
  if (platform === 'darwin') return ['/usr/bin/open']
  if (platform === 'win32') {
    return [join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'rundll32.exe'), 'url.dll,FileProtocolHandler']
  }
  return env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME ? ['xdg-open'] : undefined
}

interface Handing {
  readonly url: string
  readonly path: string
  readonly connections: string
  readonly limitMs: number
}

/** @returns resolves when the browser has been sent on */
function handOver(server: Server, { url, path, connections, limitMs }: Handing): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Failure('act', 'the browser did not come for the address', otherwise))
    const timer = setTimeout(giveUp, limitMs)
    server.once('close', () => clearTimeout(timer))
    let handed = false
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const right = request.method === 'GET' && request.url === path && !handed
      if (!right || isSomebodyElse(request, connections)) return void response.writeHead(404).end()
      handed = true
      const headers = { Location: url, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }
      response.writeHead(302, headers).end(() => resolve())
    })
  })
}

/** Only Linux says it to everybody; elsewhere the address of the page, which nobody can guess, is all that protects it. */
function isSomebodyElse({ socket }: IncomingMessage, connections: string): boolean {
  const own = process.getuid?.()
  if (own === undefined || process.platform !== 'linux') return false
  try {
    const uid = openedBy(readFileSync(connections, 'latin1'), socket.remotePort ?? 0, socket.localPort ?? 0)
    // The superuser carries connections from elsewhere, such as WSL's from Windows, and may read everything anyway.
    return uid !== undefined && uid !== own && uid !== 0
  } catch {
    return false
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
}

/** Ends only when the opener fails: one that works may stay as long as the browser does. */
function starting([program = '', ...args]: readonly string[], env: World['env']): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (why: string) => reject(new Failure('act', `${program} does not open a browser: ${why}`, otherwise))
    const child = spawn(program, args, { env, stdio: 'ignore', detached: true, windowsHide: true })
    child.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name))
    child.once('exit', (code) => code !== 0 && fail(`exit code ${code}`))
    child.unref()
  })
}

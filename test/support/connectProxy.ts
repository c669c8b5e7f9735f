import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

export interface ConnectProxyOptions {
  /** Every tunnel ends at this port on loopback, whatever name was asked for: so real AWS names work without a network. */
  readonly targetPort: number
  /** `user:password`; others get 407 */
  readonly login?: string
  /** Answer CONNECT with this status, or never. */
  readonly refuse?: number | 'hang'
  /** PEM; the proxy itself is then spoken to over TLS */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export interface ConnectProxy {
  readonly url: string
  readonly port: number
  /** the `host:port` of every CONNECT, in order */
  readonly targets: readonly string[]
  /** for which name each TLS connection to the proxy asked (SNI), in order; `false` for none */
  readonly serverNames: readonly (string | false)[]
  /** connections to the proxy that are open now */
  readonly openConnections: number
  close(): Promise<void>
}

/** An HTTP proxy on loopback that knows CONNECT only, and writes down what it was asked for. */
export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const targets: string[] = []
  const serverNames: (string | false)[] = []
  const connections = new Set<Duplex>()
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls)
  server.on('connection', (socket: Duplex) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    socket.on('error', () => {})
  })
  server.on('secureConnection', (socket: TLSSocket) =>
    serverNames.push((socket as { servername?: string }).servername ?? false),
  )
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    targets.push(request.url ?? '')
    socket.on('error', () => {})
    const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`
    const authorized = expected === undefined || request.headers['proxy-authorization'] === expected
    const status = authorized ? options.refuse : 407
    if (status === 'hang') return void socket.resume().once('end', () => socket.destroy())
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
    const upstream = connect(options.targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    targets,
    serverNames,
    get openConnections() {
      return connections.size
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      }),
  }
}

import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A target that behaves badly, one way a path. For tests of everything that polls; needs no test framework. */
export interface HostileServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  readonly port: number
  /** The URL of a path of `hostilePaths`; a query may follow it. */
  url(path: HostilePath, query?: string): string
  /** How often a path was asked. */
  requestCount(path: HostilePath): number
  /** The last request's headers on a path, by lower-case name. */
  lastHeaders(path: HostilePath): IncomingMessage['headers'] | undefined
  lastMethod(path: HostilePath): string | undefined
  /** Bytes written to the socket for the last request on a path; what the kernel buffers is in it. */
  lastBytesSent(path: HostilePath): number
  /** Connections open now, and opened so far. */
  openConnections(): number
  connectionsMade(): number
  /** Cuts every connection. */
  close(): Promise<void>
}

export interface HostileServerOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default: any free one. */
  readonly port?: number
  /** PEM; makes it an `https:` server. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** How often `/drip` and `/slow-headers` send a byte, ms. Default 1,000. */
  readonly dripMs?: number
}

export type HostilePath = keyof typeof routes

type Route = (request: IncomingMessage, response: ServerResponse, context: RouteContext) => void

interface RouteContext {
  readonly query: URLSearchParams
  readonly dripMs: number
  /** How many requests this connection brought before. */
  readonly earlierOnConnection: number
  /** How many requests this path had before. */
  readonly earlierOnPath: number
  readonly gzipBomb: () => Buffer
}

const gigabyte = 1_000_000_000
const json = { 'content-type': 'application/json' }

/** What a well-behaved path answers. */
export const calmDocument = { status: 'ok', open: 3 }

/** The nesting of `/deep-json`. */
export const deepJsonLevels = 200_000

const send = (response: ServerResponse, body: string | Buffer, headers: Record<string, string> = {}, statusCode = 200): void => {
  response.writeHead(statusCode, { ...json, 'content-length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

/** Writes past Node's own idea of HTTP. */
const sendRaw = (response: ServerResponse, ...lines: readonly string[]): Socket => {
  const socket = response.socket as Socket
  socket.write(lines.join('\r\n'))
  return socket
}

const whileOpen = (socket: Socket, everyMs: number, act: () => void): void => {
  const timer = setInterval(act, everyMs)
  socket.once('close', () => clearInterval(timer))
}

/** Sends `piece` until `totalBytes` are sent or nobody listens, no faster than they are read. */
const pour = (response: ServerResponse, piece: Buffer, totalBytes: number): void => {
  let leftBytes = totalBytes
  const more = (): void => {
    while (leftBytes > 0 && !response.destroyed) {
      leftBytes -= piece.length
      if (!response.write(piece)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}

/** 1 GB of zeros in 972 KB, under the usual limit of 1 MB: gzip members may follow one another (RFC 1952, section 2.2). */
const makeGzipBomb = (): Buffer => {
  const member = gzipSync(Buffer.alloc(10_000_000), { level: 9 })
  return Buffer.concat(Array.from({ length: gigabyte / 10_000_000 }, () => member))
}

const routes = {
  '/ok': (_, response) => send(response, JSON.stringify(calmDocument), { 'x-api-version': '2.1' }),
  '/echo': (request, response) =>
    send(response, JSON.stringify({ method: request.method, url: request.url, headers: request.headers })),

  // Never done, or not soon.
  '/hang': () => {},
  '/drip': (_, response, { dripMs }) => {
    response.writeHead(200, json).write('[')
    whileOpen(response.socket as Socket, dripMs, () => response.write('1'))
  },
  '/drip-error': (_, response, { dripMs }) => {
    response.writeHead(500, json).write('[')
    whileOpen(response.socket as Socket, dripMs, () => response.write('1'))
  },
  '/hang-first': (_, response, { earlierOnPath }) => {
    if (earlierOnPath > 0) send(response, JSON.stringify(calmDocument))
  },
  '/slow-headers': (_, response, { dripMs }) => {
    const socket = sendRaw(response, 'HTTP/1.1 200 OK', 'x-slow: ')
    whileOpen(socket, dripMs, () => socket.write('a'))
  },
  '/early-hints': (_, response, { dripMs }) => {
    const socket = response.socket as Socket
    whileOpen(socket, dripMs, () => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'))
  },
  '/endless-redirects': (_, response, { query }) =>
    send(response, '', { location: `/endless-redirects?step=${Number(query.get('step')) + 1}` }, 302),

  // Too much.
  '/huge': (_, response) => pour(response.writeHead(200, json), Buffer.alloc(65_536, '1'), gigabyte),
  '/huge-declared': (_, response) =>
    pour(response.writeHead(200, { ...json, 'content-length': gigabyte }), Buffer.alloc(62_500, '1'), gigabyte),
  '/huge-error': (_, response) => pour(response.writeHead(500, json), Buffer.alloc(65_536, '1'), gigabyte),
  '/gzip-bomb': (_, response, { gzipBomb }) => send(response, gzipBomb(), { 'content-encoding': 'gzip' }),
  '/crumbs': (_, response) => {
    // A body in single bytes, each in a packet of its own.
    response.writeHead(200, json)
    response.socket?.setNoDelay(true)
    pour(response, Buffer.from('1'), 20_000)
  },
  '/huge-headers': (_, response) => {
    sendRaw(response, 'HTTP/1.1 200 OK', `x-huge: ${'a'.repeat(100_000)}`, 'content-length: 0', '', '')
  },

  // Elsewhere.
  '/redirect-loop': (_, response) => send(response, '', { location: '/redirect-back' }, 302),
  '/redirect-back': (_, response) => send(response, '', { location: '/redirect-loop' }, 302),
  '/redirect-self': (_, response) => send(response, '', { location: '/redirect-self' }, 301),
  '/redirect-file': (_, response) => send(response, '', { location: 'file:///etc/passwd' }, 302),
  '/redirect-nowhere': (_, response) => send(response, '', { location: 'http://' }, 302),
  '/redirect-without-location': (_, response) => send(response, '', {}, 302),
  '/redirect-chain': (_, response, { query }) => {
    const left = Number(query.get('left') ?? '3')
    send(response, 'moved', { location: left > 1 ? `/redirect-chain?left=${left - 1}` : '/ok' }, 302)
  },
  '/redirect-to': (_, response, { query }) =>
    send(response, '', { location: query.get('to') ?? '/' }, Number(query.get('status') ?? '302')),

  // Cut off.
  '/reset': (_, response) => void response.socket?.resetAndDestroy(),
  '/reset-mid-body': (_, response) => {
    const socket = response.socket as Socket
    response.writeHead(200, { ...json, 'content-length': 1000 }).write('{"half":"', () => socket.resetAndDestroy())
  },
  '/short-body': (_, response) => {
    sendRaw(response, 'HTTP/1.1 200 OK', 'content-type: application/json', 'content-length: 100', '', '{"short":1}').end()
  },
  '/short-chunk': (_, response) => {
    sendRaw(response, 'HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', 'ff', '{"short":1}').end()
  },
  '/long-body': (_, response) => {
    sendRaw(response, 'HTTP/1.1 200 OK', 'content-type: application/json', 'content-length: 9', '', '{"a":"b"}and more')
  },
  '/close-on-reuse': (_, response, { earlierOnConnection }) => {
    if (earlierOnConnection === 0) send(response, JSON.stringify(calmDocument))
    else response.socket?.destroy()
  },

  // Not what was asked for.
  '/bad-json': (_, response) => send(response, '{"open": 3,'),
  '/bad-utf8': (_, response) => send(response, Buffer.from([0x22, 0xc3, 0x28, 0xff, 0x22])),
  '/deep-json': (_, response) => send(response, '['.repeat(deepJsonLevels) + ']'.repeat(deepJsonLevels)),
  '/latin1': (_, response) =>
    send(response, Buffer.from('{"city":"Zürich"}', 'latin1'), { 'content-type': 'application/json; charset=iso-8859-1' }),
  '/bom': (_, response) => send(response, `\uFEFF${JSON.stringify(calmDocument)}`),
  '/empty': (_, response) => send(response, ''),
  '/no-content': (_, response) => void response.writeHead(204).end(),
  '/html': (_, response) => send(response, '<!doctype html><p>Sign in', { 'content-type': 'text/html' }),
  '/until-close': (_, response) => {
    sendRaw(response, 'HTTP/1.0 200 OK', 'content-type: application/json', '', JSON.stringify(calmDocument)).end()
  },
  '/false-gzip': (_, response) => send(response, '{"plain":1}', { 'content-encoding': 'gzip' }),
  '/unknown-encoding': (_, response) => send(response, '{"plain":1}', { 'content-encoding': 'rot13' }),
  '/two-encodings': (_, response) => {
    response
      .writeHead(
        200,
        [
          ['content-encoding', 'gzip'],
          ['content-encoding', 'br'],
        ].flat(),
      )
      .end(gzipSync('{}'))
  },
  '/unasked-gzip': (_, response) => send(response, gzipSync(JSON.stringify(calmDocument)), { 'content-encoding': 'gzip' }),
  '/not-http': (_, response) => void sendRaw(response, 'SSH-2.0-OpenSSH_9.9', '').end(),
  '/bad-header': (_, response) =>
    void sendRaw(response, 'HTTP/1.1 200 OK', 'content length: x', 'content-length: a', '', '').end(),
  '/switch-protocols': (_, response) =>
    void sendRaw(response, 'HTTP/1.1 101 Switching Protocols', 'upgrade: x', 'connection: upgrade', '', ''),

  // In order, with something to observe.
  '/server-error': (_, response) => send(response, '{"error":"boom"}', {}, 500),
  '/not-found': (_, response) => send(response, '{}', {}, 404),
  '/rate-limited': (_, response) => send(response, '{}', { 'retry-after': '7' }, 429),
  '/maintenance': (_, response) =>
    send(response, '{}', { 'retry-after': new Date(Date.now() + 90_000).toUTCString(), date: new Date().toUTCString() }, 503),
  '/etag': (request, response) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304, { etag: '"v1"' }).end()
    else send(response, JSON.stringify(calmDocument), { etag: '"v1"' })
  },
  '/always-304': (_, response) => void response.writeHead(304).end(),
  '/trailers': (_, response) => {
    response.writeHead(200, { ...json, 'transfer-encoding': 'chunked', trailer: 'x-checksum' })
    response.write('{"status":')
    response.addTrailers({ 'x-checksum': 'abc' })
    response.end('"ok","open":3}')
  },
} satisfies Record<string, Route>

/**
 * Starts a server on a free loopback port.
 *
 * @example
 * const server = await startHostileServer()
 * const probe = httpProbe({ url: server.url('/drip') })
 */
export const startHostileServer = async (options: HostileServerOptions = {}): Promise<HostileServer> => {
  const { host = '127.0.0.1', port = 0, tls, dripMs = 1_000 } = options
  const sockets = new Map<Socket, number>()
  const last = new Map<string, { count: number; request: IncomingMessage; socket: Socket; bytesBefore: number }>()
  let connectionsMade = 0
  let bomb: Buffer | undefined
  const gzipBomb = (): Buffer => {
    bomb ??= makeGzipBomb()
    return bomb
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://hostile')
    const { socket } = request
    // Resets are this server's business.
    response.on('error', () => {})
    const earlierOnConnection = sockets.get(socket) ?? 0
    sockets.set(socket, earlierOnConnection + 1)
    const earlierOnPath = last.get(pathname)?.count ?? 0
    last.set(pathname, { count: earlierOnPath + 1, request, socket, bytesBefore: socket.bytesWritten })
    const route = Object.hasOwn(routes, pathname) ? routes[pathname as HostilePath] : undefined
    if (route === undefined) send(response, '{}', {}, 404)
    else route(request, response, { query, dripMs, earlierOnConnection, earlierOnPath, gzipBomb })
  }

  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle)
  server.keepAliveTimeout = 60_000
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connectionsMade += 1
    sockets.set(socket, 0)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve())
  })
  const { port: boundPort } = server.address() as AddressInfo
  const origin = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${boundPort}`

  return {
    origin,
    port: boundPort,
    url: (path, query = '') => origin + path + (query === '' ? '' : `?${query}`),
    requestCount: (path) => last.get(path)?.count ?? 0,
    lastHeaders: (path) => last.get(path)?.request.headers,
    lastMethod: (path) => last.get(path)?.request.method,
    lastBytesSent: (path) => {
      const seen = last.get(path)
      return seen === undefined ? 0 : seen.socket.bytesWritten - seen.bytesBefore
    },
    openConnections: () => sockets.size,
    connectionsMade: () => connectionsMade,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets.keys()) socket.destroy()
      }),
  }
}

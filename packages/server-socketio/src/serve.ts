import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Sightline, SightlineError, systemClock } from '@sightline/core'
import type { Clock } from '@sightline/core/ports'
import { clientAddress } from './client-address.ts'
import { type FetchFrom, fetchBridge } from './fetch/fetch-bridge.ts'
import { createApp } from './http/app.ts'
import { type LogBodyLimits, resolveLogBodies } from './http/log-body-limits.ts'
import { createPrometheus } from './http/prometheus.ts'
import { type ContentSecurityPolicy, securityHeaders } from './http/security-headers.ts'
import { type Listening, listenAlone, type OwnServer } from './listen.ts'
import { createMount } from './mount.ts'
import type { NodeHandler } from './node-handler.ts'
import { createOriginPolicy } from './origin-policy.ts'
import { createRateLimiter, type RateLimit } from './rate-limit.ts'
import { isFollowUp } from './socketio/follow-up.ts'
import { type Refusal, refuseRequest, refuseUpgrade } from './socketio/refusal.ts'
import { type SocketIoTransport, type SocketIoTransportOptions, socketIoTransport } from './socketio/socket-io-transport.ts'
import { createUpgradeListeners, type UpgradeTaker, type UpgradingServer } from './upgrade-listener.ts'

/** Everything has a default. Without `path` the server stands alone: it answers every path, 404 where it knows none. */
export interface ServeOptions {
  /** Embeds everything below this path (`/sightline`) and leaves every other to the host. */
  readonly path?: string
  /** Origins of pages on other hosts that may connect: `https://status.example.com`. Default none; pages of this host always may. */
  readonly clientUrl?: string | readonly string[]
  /**
   * A folder of files to serve, with `index.html` for every page that is no file: `dashboardFolder` of `@sightline/dashboard`. Where
   * `index.html` says `<base href="/">`, it is sent with the base it has here. Default none.
   */
  readonly static?: string
  /** `health`: serves health and the Prometheus text, and no client; for a process that only polls. Default everything. */
  readonly only?: 'health'
  /** Additions to the Content-Security-Policy beside `default-src 'self'`. Default none. */
  readonly contentSecurityPolicy?: ContentSecurityPolicy
  /** Proxies of one's own in front, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Default 0. */
  readonly trustedProxies?: number
  /** HTTP requests (and new connections) one address may make, but for health and scrapes with the token; `false` for any number. Default 3,000 a minute. */
  readonly rateLimit?: RateLimit | false
  /** The longest JSON body, in bytes. Default 102,400. */
  readonly maxBodyBytes?: number
  /** How long bodies with log lines may be, apart from `maxBodyBytes`. Default 64 MiB of lines, 8 MiB as one document. */
  readonly logBodies?: LogBodyLimits
  readonly metrics?: {
    /** Where Prometheus finds its text, beside `/api/metrics`. Default `/internal/metrics`. */
    readonly path?: string
    /** A bearer token that opens it without a login. Default none: it takes the permission `system:metrics`. */
    readonly token?: string
  }
  /** Of the Socket.IO side. `path` is below the mount; default `/socket.io`. */
  readonly socket?: Omit<SocketIoTransportOptions, 'allowedOrigins' | 'apis' | 'trustedProxies' | 'logger' | 'clock'>
  /** The build's commit, for `/version`. Default unknown. */
  readonly commit?: string
  readonly clock?: Clock
}

/** A server, or one's part of a host's. Its functions need no `this`. */
export interface Web {
  /** For Express, Connect, Nest and `node:http`. Calls `next()` outside its path. */
  readonly handler: NodeHandler
  /** For Hono and other Fetch hosts. WebSockets need `attach` beside it. */
  fetch(request: Request, from?: FetchFrom): Promise<Response>
  /** Serves WebSockets of an HTTP server; any time, before or after it listens. Returns its undo. */
  attach(httpServer: UpgradingServer): () => void
  /**
   * Serves on a port with an HTTP server of its own, closed by `close`. On a loopback address it answers to addresses, `localhost` and the
   * hosts of `clientUrl` alone, unless `trustedProxies` stand in front: no web page can reach it under a name of its own (DNS rebinding).
   *
   * @throws SightlineError `INVALID_CONFIG` where the port is taken or may not be taken
   */
  listen(options?: { readonly port?: number; readonly host?: string }): Promise<Listening>
  /** Tells clients, waits at most `drainMs` (default 5,000) for what they are being sent, and lets go of everything. Idempotent. */
  close(options?: { readonly drainMs?: number }): Promise<void>
  readonly transport: SocketIoTransport
  /** Where everything stands: the path, or the address once it listens. */
  readonly url: string
  readonly socketPath: string
}

const MAX_BODY_BYTES = 102_400
const DRAIN_MS = 5_000
/** Walking over ten thousand targets for every event of version 1 would cost more than the event. */
const APIS_FOR_MS = 1_000

const remembered = <T>({ clock, forMs, ask }: { readonly clock: Clock; readonly forMs: number; ask(): T }): (() => T) => {
  let known: { readonly value: T; readonly untilMs: number } | null = null
  return () => {
    const nowMs = clock.monotonic()
    if (known === null || nowMs >= known.untilMs) known = { value: ask(), untilMs: nowMs + forMs }
    return known.value
  }
}

/**
 * Serves a Sightline over HTTP and Socket.IO: alone, or inside a host's application.
 *
 * @example
 * const web = serve(sightline, { path: '/sightline' })
 * app.use(web.handler)
 * web.attach(httpServer)
 *
 * @throws SightlineError `INVALID_CONFIG` for an option that makes no sense
 */
export const serve = (sightline: Sightline, options: ServeOptions = {}): Web => {
  const { logger } = sightline
  const { trustedProxies = 0, clock = systemClock() } = options
  const mount = createMount(options.path)
  const allowedOrigins = [options.clientUrl ?? []].flat()
  const originOf = createOriginPolicy(allowedOrigins)
  const protect = securityHeaders({ contentSecurityPolicy: options.contentSecurityPolicy ?? {}, trustedProxies })
  const rateLimiter = createRateLimiter(options.rateLimit)
  const socketIo = socketIoTransport({
    ...options.socket,
    path: `${mount.base}${options.socket?.path ?? '/socket.io'}`,
    allowedOrigins,
    apis: remembered({ clock, forMs: APIS_FOR_MS, ask: () => sightline.info().apis }),
    trustedProxies,
    logger,
    clock,
  })
  const prometheus = createPrometheus({ sightline, clock, laggingClients: () => socketIo.laggingCount })
  const isHealthOnly = options.only === 'health'
  /** Is this request one for Socket.IO? */
  const isSocketIo = (url: string | undefined): boolean => !isHealthOnly && socketIo.serves(url)
  let isDraining = false
  let listening: OwnServer | null = null

  const app = createApp({
    sightline,
    clock,
    prometheus,
    rateLimiter,
    originOf,
    protect,
    trustedProxies,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    logBodies: resolveLogBodies(options.logBodies),
    metricsPath: options.metrics?.path ?? '/internal/metrics',
    metricsToken: options.metrics?.token ?? null,
    commit: options.commit ?? null,
    staticFolder: options.static ?? null,
    isHealthOnly,
    base: mount.base,
    socket: { path: socketIo.path, namespace: socketIo.namespace },
    isDraining: () => isDraining,
  })

  /** A new connection counts as a request; what follows on it is limited by events. */
  const admit = async (request: IncomingMessage, then: { in(): void; refuse(refusal: Refusal): void }): Promise<void> => {
    const retryAfterMs = isFollowUp(request.url) ? 0 : await rateLimiter.take(clientAddress(request, trustedProxies))
    if (retryAfterMs === 0) then.in()
    else then.refuse({ status: 429, code: 'TOO_MANY_REQUESTS', message: 'Too many connections from this address.', retryAfterMs })
  }

  const upgrade: UpgradeTaker = (request, socket, head) => {
    if (!isSocketIo(request.url)) return false
    void admit(request, {
      in: () => socketIo.handleUpgrade(request, socket, head),
      refuse: (refusal) => refuseUpgrade(request, socket, refusal),
    })
    return true
  }
  const upgrades = createUpgradeListeners({ take: upgrade, clock })

  const serveRequest = (request: IncomingMessage, response: ServerResponse, inside: string): void => {
    if (isSocketIo(`${mount.base}${inside}`)) {
      const then = {
        in: () => socketIo.handleRequest(request, response),
        refuse: (refusal: Refusal) => refuseRequest(request, response, refusal),
      }
      protect(request, response, () => void admit(request, then))
      return
    }
    request.url = inside
    app(request as Parameters<typeof app>[0], response as Parameters<typeof app>[1])
  }

  const handler: NodeHandler = (request, response, next) => {
    // A host that mounts the handler at a path has taken that path off `url`, and kept the whole in `originalUrl`.
    const { originalUrl } = request as { readonly originalUrl?: string }
    const inside = mount.within(request.url) ?? mount.within(originalUrl ?? request.url)
    if (inside !== null) serveRequest(request, response, inside)
    else if (next !== undefined) next()
    else refuseRequest(request, response, { status: 404, code: 'NOT_FOUND', message: 'There is nothing here.' })
  }

  const closeTransport = async (drain: { readonly drainMs: number }): Promise<void> => {
    isDraining = true
    const upgradesClosed = upgrades.close(drain)
    const endsAtMs = clock.monotonic() + drain.drainMs
    // The port stays open until clients that poll have asked once more and been told.
    await socketIo.close(drain)
    await listening?.close({ drainMs: Math.max(0, endsAtMs - clock.monotonic()) })
    await upgradesClosed
    prometheus.close()
    await rateLimiter.close()
  }
  let closing: Promise<void> | null = null
  const transport: SocketIoTransport = {
    ...socketIo,
    get laggingCount() {
      return socketIo.laggingCount
    },
    close: (drain) => {
      closing ??= closeTransport(drain)
      return closing
    },
  }
  const attached = sightline.attach(transport)
  attached.catch((error: unknown) => logger.error({ error: String(error) }, 'The Socket.IO transport could not be attached.'))

  const close: Web['close'] = async ({ drainMs = DRAIN_MS } = {}) => {
    isDraining = true
    const detach = await attached.catch(() => null)
    await detach?.({ drainMs })
    await transport.close({ drainMs })
  }

  return {
    handler,
    fetch: fetchBridge(handler),
    attach: (httpServer) => (isDraining ? () => {} : upgrades.add(httpServer)),
    listen: async (where) => {
      if (listening !== null || isDraining) throw new SightlineError('CONFLICT', 'This server listens already, or is closed.')
      listening = await listenAlone({ ...where, handler, upgrade, clock, allowedOrigins, trustedProxies })
      return { ...listening, close }
    },
    close,
    transport,
    get url() {
      return listening?.url ?? (mount.base === '' ? '/' : mount.base)
    },
    socketPath: socketIo.path,
  }
}

import {
  allowAll,
  type CommonOptions,
  createSightline,
  memoryStorage,
  type Plugins,
  type Sightline,
  silentLogger,
} from '@sightline/core'
import { httpProbeKind } from '@sightline/probes'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { type ServeOptions, serve, type Web } from '../../src/index.ts'
import { type Provider, startProvider } from './provider.ts'

/** A Sightline that polls real providers every 100 ms, served on a port of its own. */
export interface Served extends AsyncDisposable {
  readonly sightline: Sightline
  readonly web: Web
  readonly url: string
  provider(api: string, region: string): Provider
  /** A plain Socket.IO client, connected. */
  connect(options?: Partial<ManagerOptions & SocketOptions>): Promise<Socket>
}

export interface ServedOptions {
  /** Regions by api. Default `{ orders: ['us-east', 'eu-west'] }`. */
  readonly apis?: Readonly<Record<string, readonly string[]>>
  readonly core?: Omit<CommonOptions, 'http'>
  readonly plugins?: Plugins
  readonly serve?: ServeOptions
  /** The first document of every provider. Default `{ open: 1 }`. */
  readonly document?: unknown
  /** Providers (`orders/us-east`) that answer with what is no JSON. */
  readonly broken?: readonly string[]
}

export const startServed = async (options: ServedOptions = {}): Promise<Served> => {
  const { apis = { orders: ['us-east', 'eu-west'] }, document = { open: 1 }, broken = [] } = options
  const providers = new Map<string, Provider>()
  const sockets: Socket[] = []
  for (const [api, regions] of Object.entries(apis)) {
    for (const region of regions) {
      const name = `${api}/${region}`
      providers.set(name, await startProvider(broken.includes(name) ? undefined : document))
    }
  }
  const provider = (api: string, region: string): Provider => {
    const found = providers.get(`${api}/${region}`)
    if (found === undefined) throw new Error(`no provider ${api}/${region}`)
    return found
  }
  const sightline = createSightline({
    access: allowAll(),
    logger: silentLogger(),
    storage: memoryStorage(),
    http: httpProbeKind(),
    ...options.core,
    plugins: options.plugins ?? [],
    apis: Object.fromEntries(
      Object.entries(apis).map(([api, regions]) => [
        api,
        {
          intervalMs: 100,
          // A busy machine is no failing provider.
          timeoutMs: 10_000,
          regions: Object.fromEntries(regions.map((region) => [region, { url: provider(api, region).url }])),
        },
      ]),
    ),
  } as Parameters<typeof createSightline>[0])
  const web = serve(sightline, options.serve)
  const { url } = await web.listen({ port: 0 })
  await sightline.start()

  return {
    sightline,
    web,
    url,
    provider,
    connect: (socketOptions = {}) =>
      new Promise((resolve, reject) => {
        const socket = io(url, { path: web.socketPath, forceNew: true, reconnection: false, ...socketOptions })
        sockets.push(socket)
        socket.once('connect', () => resolve(socket))
        socket.once('connect_error', reject)
      }),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.disconnect()
      await web.close({ drainMs: 200 })
      await sightline.stop({ timeoutMs: 1_000 })
      for (const one of providers.values()) await one[Symbol.asyncDispose]()
    },
  }
}

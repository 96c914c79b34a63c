import {
  allowAll,
  createSightline,
  type MemoryNetwork,
  type MemoryStore,
  memoryBus,
  memoryStorage,
  type Sightline,
} from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { scriptedProbe } from '@sightline/core/testing'
import { serve } from '@sightline/server-socketio'

/** Documents of one provider: each answer differs from the last in one field, until it is frozen. */
export const burst = () => {
  let count = 0
  let isFrozen = false
  const probe = scriptedProbe()
  const hosts = Array.from({ length: 20 }, (_, i) => ({ name: `host-${i}`, up: true }))
  probe.answers(() => ({ outcome: 'value', latencyMs: 1, values: {}, value: { open: isFrozen ? count : ++count, hosts } }))
  return {
    probe,
    freeze: () => {
      isFrozen = true
    },
    thaw: () => {
      isFrozen = false
    },
  }
}

export interface LiveServerOptions {
  readonly store?: MemoryStore
  readonly network?: MemoryNetwork
  readonly port?: number
  readonly poll?: boolean
  readonly randomId?: () => string
  /** Stands between the engine and its storage. */
  readonly guard?: (storage: StorageDriver) => StorageDriver
  readonly provider: ReturnType<typeof burst>
}

/** A real Sightline behind a real Socket.IO server on a loopback port. */
export const liveServer = async ({
  store,
  network,
  port = 0,
  poll = true,
  randomId,
  provider,
  guard = (storage) => storage,
}: LiveServerOptions) => {
  const memory = memoryStorage({ ...(store ? { store } : {}), ...(randomId ? { randomId } : {}) })
  const storage = guard(memory)
  const region = { probe: provider.probe }
  const sightline = createSightline({
    access: allowAll(),
    storage,
    ...(network ? { bus: memoryBus({ network }) } : {}),
    tuning: { heartbeatMs: 200 },
    apis: { orders: { intervalMs: 100, regions: { 'us-east': region, 'eu-west': region } } },
  })
  const web = serve(sightline as unknown as Sightline, { rateLimit: false })
  const listening = await web.listen({ port })
  await sightline.start({ poll })
  return {
    port: listening.port,
    sightline,
    /** What the server would answer a new subscriber. */
    read: (topic: string, params?: unknown): Promise<Frame | null> =>
      sightline.read({ topic, ...(params === undefined ? {} : { params }), as: 'system' }),
    stop: async () => {
      await web.close({ drainMs: 100 })
      await sightline.stop({ timeoutMs: 1_000 })
    },
  }
}

export type LiveServer = Awaited<ReturnType<typeof liveServer>>

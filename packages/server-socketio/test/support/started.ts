import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowAll, createSightline, type Probe, type Sightline, silentLogger } from '@sightline/core'

/** A Sightline with one target whose document a test decides, started; the host around it is the test's. */
export interface Started extends AsyncDisposable {
  readonly sightline: Sightline
  /** The document from the next poll on. */
  returns(document: unknown): void
}

export const startSightline = async (): Promise<Started> => {
  let document: unknown = { open: 1 }
  const probe: Probe = { collect: async () => ({ outcome: 'value', value: document, latencyMs: 1, values: {} }) }
  const sightline = createSightline({
    access: allowAll(),
    logger: silentLogger(),
    apis: { orders: { intervalMs: 100, timeoutMs: 10_000, regions: { 'us-east': { probe } } } },
  })
  await sightline.start()
  return {
    sightline,
    returns: (next) => {
      document = next
    },
    [Symbol.asyncDispose]: () => sightline.stop({ timeoutMs: 500 }),
  }
}

/** Listens on any free port. */
export const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })

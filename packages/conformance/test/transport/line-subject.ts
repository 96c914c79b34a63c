import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Transport } from '@sightline/core/ports'
import type { TransportClient, TransportSubject } from '../../src/index.ts'
import { lineClient } from './line-client.ts'
import { lineTransport } from './line-transport.ts'

/** A `lineTransport` on a port of its own; `breakIt` may wrap it. */
export const lineSubject = async (
  breakIt: (transport: Transport) => Transport = (transport) => transport,
): Promise<TransportSubject> => {
  const { transport, server } = lineTransport()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients: TransportClient[] = []
  return {
    transport: breakIt(transport),
    connect: async (credentials) => {
      const client = await lineClient(port, credentials)
      clients.push(client)
      return client
    },
    dispose: async () => {
      await transport.close({ drainMs: 0 })
      for (const client of clients) client.resume()
      await Promise.all(clients.map((client) => client.close()))
    },
  }
}

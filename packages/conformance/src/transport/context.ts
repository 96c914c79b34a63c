import type { Frame, StateFrame } from '@sightline/core/protocol'
import { type GatewayScript, type ScriptedGateway, scriptedGateway } from './gateway.ts'
import type { TransportClient, TransportSubject } from './subject.ts'

/** What a transport test works with: a transport that it opens itself, and more of them where it needs another process. */
export interface TransportContext extends TransportSubject {
  /** Opens the transport with a scripted gateway. */
  serve(script?: GatewayScript): Promise<ScriptedGateway>
  /** A transport of another process of the same installation. */
  another(): Promise<TransportContext>
  /** Connects a client and subscribes it to the rooms. */
  reader(...rooms: readonly string[]): Promise<TransportClient>
}

export const transportContext = async (
  open: () => Promise<TransportSubject>,
): Promise<{ readonly context: TransportContext; dispose(): Promise<void> }> => {
  const subjects: TransportSubject[] = []
  const openContext = async (): Promise<TransportContext> => {
    const subject = await open()
    subjects.push(subject)
    return {
      transport: subject.transport,
      connect: (credentials) => subject.connect(credentials),
      dispose: () => subject.dispose(),
      serve: async (script) => {
        const gateway = scriptedGateway(subject.transport, script)
        await subject.transport.open(gateway)
        return gateway
      },
      another: openContext,
      reader: async (...rooms) => {
        const client = await subject.connect()
        for (const topic of rooms) await client.subscribe({ topic })
        return client
      },
    }
  }
  return {
    context: await openContext(),
    dispose: async () => {
      const endings = await Promise.allSettled(subjects.map((subject) => subject.dispose()))
      for (const ending of endings) if (ending.status === 'rejected') throw ending.reason
    },
  }
}

/** A frame that carries `data` as a topic's whole state. */
export const stateFrame = (topic: string, data: unknown, revision = 1): StateFrame => ({
  kind: 'state',
  topic,
  version: { epoch: 'epoch-1', revision },
  digest: `digest-${revision}`,
  data,
})

/** Resolves once the client has received `count` frames; rejects after `withinMs`. */
export const received = async (client: TransportClient, count: number, withinMs = 10_000): Promise<readonly Frame[]> => {
  const giveUpAt = performance.now() + withinMs
  while (client.frames.length < count) {
    if (performance.now() > giveUpAt) throw new Error(`received ${client.frames.length} of ${count} frames within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return client.frames
}

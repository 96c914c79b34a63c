import { hash } from 'node:crypto'
import { stateDigest } from '@sightline/core/protocol'

/** The document that the servers push: 2 KB that say when they were made. */
export const pushDocument = (count: number): Record<string, unknown> => ({
  count,
  // Of the machine's clock, in ms: the clients run on the same machine.
  madeAt: performance.timeOrigin + performance.now(),
  filler: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`metric${index}`, index * 1.25])),
})

/** The only target of the servers: asked when they are told to. */
export const pushApis = (document: () => unknown) => ({
  bench: {
    intervalMs: 3_600_000,
    regions: {
      here: { probe: { collect: async () => ({ outcome: 'value' as const, value: document(), latencyMs: 0, values: {} }) } },
    },
  },
})

/** The frame as Sightline makes it, for servers that are not: so that the same bytes travel. */
export const pushFrame = (count: number, epoch: string): object => {
  const at = Date.now()
  return {
    topic: 'metrics?api=bench&region=here',
    kind: 'state',
    version: { epoch, revision: count },
    digest: stateDigest(count, (text) => hash('sha1', text)),
    data: {
      api: 'bench',
      region: 'here',
      epoch,
      revision: count,
      hash: hash('sha1', String(count)),
      data: pushDocument(count),
      createdAt: at,
      updatedAt: at,
    },
  }
}

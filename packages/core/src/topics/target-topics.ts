import { z } from 'zod'
import { toMetricsSnapshot } from '../domain/metrics-snapshot.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import type { Json, Version } from '../ports/identity.ts'
import type { SnapshotKey } from '../ports/snapshots.ts'
import type { MetricsSnapshot, TargetTopics } from '../protocol/contract.ts'
import type { SnapshotKeeper } from '../storage/snapshot-keeper.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { defineTopic, type RegisteredTopic } from './define-topic.ts'
import type { TargetBoard } from './target-board.ts'

export interface TargetTopicDependencies {
  readonly link: Pick<StorageLink, 'run'>
  readonly directory: Pick<TargetDirectory, 'demand' | 'find'>
  readonly keeper: Pick<SnapshotKeeper, 'lastVersion' | 'waiting'>
  readonly board: Pick<TargetBoard, 'items'>
}

const ref = z.strictObject({ api: z.string().min(1).max(100), region: z.string().min(1).max(100) })

/** The topics every Sightline has: `metrics` of one target, `regions` and `pollers` of all. */
export const targetTopics = ({
  link,
  directory,
  keeper,
  board,
}: TargetTopicDependencies): { readonly [N in keyof TargetTopics]: RegisteredTopic } => ({
  metrics: {
    ...defineTopic({
      kind: 'state',
      permission: 'metrics:view',
      params: ref,
      data: z.unknown(),
      load: async (params, { team }) => {
        const key = { team, ...params }
        directory.demand(key)
        const [snapshot] = await link.run((driver) => driver.snapshots.load([key]))
        const waiting = keeper.waiting(key)
        if (snapshot == null) return null
        return {
          version: snapshot.version,
          data: toMetricsSnapshot(snapshot),
          content: snapshot.hash,
          ...(waiting === null ? {} : { isBehind: true }),
          ...(waiting?.shown === true ? { isLaterShown: true } : {}),
        }
      },
    }),
    fallback: (params, { team }) => {
      const key = { team, ...(params as { api: string; region: string }) }
      const poller = directory.find(key)
      if (poller === null || poller.baseline === null) return null
      const { body, hash } = poller.baseline
      return unstored(key, { body, hash, at: poller.status.checkedAt ?? 0, version: keeper.lastVersion(key) })
    },
  },
  regions: defineTopic({
    kind: 'keyed',
    permission: 'metrics:view',
    data: z.array(z.unknown()),
    load: async (_, { team }) => ({ items: board.items(team).regions }),
  }),
  pollers: defineTopic({
    kind: 'keyed',
    permission: 'pollers:view',
    data: z.array(z.unknown()),
    load: async (_, { team }) => ({ items: board.items(team).pollers }),
  }),
})

/** A document that storage does not have yet. */
interface UnstoredDocument {
  readonly body: Json
  readonly hash: string
  /** When it was observed, ms since the Unix epoch. */
  readonly at: number
  /** The last version known. */
  readonly version: Version | null
}

/** It as clients see it: under the last version known, or under one that no storage gives. */
export const unstored = (
  { api, region }: SnapshotKey,
  { body, hash, at, version }: UnstoredDocument,
): { readonly version: Version; readonly data: MetricsSnapshot; readonly content: string } => {
  const known = version ?? { epoch: '', revision: 0 }
  const data = { api, region, ...known, hash, data: JSON.parse(body), createdAt: at, updatedAt: at }
  return { version: known, data, content: hash }
}

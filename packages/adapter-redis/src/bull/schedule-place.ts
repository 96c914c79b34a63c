import { createHash } from 'node:crypto'
import type { Schedule } from '@sightline/core/ports'
import { toKeyPart } from '../text.ts'

/** Names for BullMQ, which takes neither every character nor every length. */
export const schedulerKeyOf = (id: string): string => createHash('sha1').update(toKeyPart(id)).digest('hex')

/** Which of the shards a schedule belongs to: spread evenly by its id, the same in every process. */
export const shardOf = (id: string, shards: number): number =>
  createHash('sha1').update(toKeyPart(id)).digest().readUInt32BE(4) % shards

/** The queue of a shard of a lane. */
export const queueNameOf = (lane: string, shard: number): string => `${encodeURIComponent(toKeyPart(lane))}-${shard}`

/** The queue that a schedule's ticks go through. */
export const queueOf = ({ id, lane }: Pick<Schedule, 'id' | 'lane'>, shards: number): string =>
  queueNameOf(lane, shardOf(id, shards))

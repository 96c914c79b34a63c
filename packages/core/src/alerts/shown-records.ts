import type { Clock } from '../ports/clock.ts'
import type { Stored } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'
import type { KeyedDrop, KeyedPut } from '../protocol/frame.ts'
import type { TopicPublisher } from '../topics/topic-publisher.ts'

export interface ShownRecordsOptions<T> {
  readonly topic: string
  readonly clock: Clock
  readonly publish: TopicPublisher
  /** Is it still to be told? What is over is shown while it is among the newest. */
  isOpen(value: T): boolean
  /** How many that are over are shown. */
  readonly mostOver: number
}

/** Tells a keyed topic of records that changed, many at once, and drops those that are over as newer ones come. */
export interface ShownRecords<T> {
  put(record: Stored<T>): void
  stop(): void
}

const GATHER_MS = 50

export const createShownRecords = <T>(options: ShownRecordsOptions<T>): ShownRecords<T> => {
  const { topic, clock, publish, isOpen, mostOver } = options
  const puts = new Map<string, Map<string, KeyedPut>>()
  const over = new Map<string, Map<string, Version>>()
  let cancel: (() => void) | null = null

  const dropOldest = (team: string): readonly KeyedDrop[] => {
    const drops: KeyedDrop[] = []
    const ofTeam = over.get(team) ?? new Map<string, Version>()
    for (const [id, version] of ofTeam) {
      if (ofTeam.size <= mostOver) break
      ofTeam.delete(id)
      // Newer than what is shown of it, so that it goes.
      drops.push([id, { ...version, revision: version.revision + 1 }])
    }
    return drops
  }

  const flush = (): void => {
    cancel = null
    const all = [...puts]
    puts.clear()
    for (const [team, records] of all) {
      const drop = dropOldest(team)
      publish(team, topic, { kind: 'keyed', put: [...records.values()], drop })
    }
  }

  const entryOf = <V>(maps: Map<string, Map<string, V>>, team: string): Map<string, V> => {
    const found = maps.get(team) ?? new Map<string, V>()
    maps.set(team, found)
    return found
  }

  return {
    put: ({ team, id, version, value }) => {
      entryOf(puts, team).set(id, [id, version, value])
      const ofTeam = entryOf(over, team)
      ofTeam.delete(id)
      if (!isOpen(value)) ofTeam.set(id, version)
      cancel ??= clock.setTimer(GATHER_MS, flush)
    },
    stop: () => {
      cancel?.()
      if (cancel !== null) flush()
    },
  }
}

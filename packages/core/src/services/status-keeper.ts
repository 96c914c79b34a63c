import { SightlineError } from '../errors.ts'
import type { Leadership } from '../leadership.ts'
import type { Clock } from '../ports/clock.ts'
import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { createRecordFollower, type Learned, type RecordFollower } from './record-follower.ts'
import { SERVICE_STATUSES, type ServiceStatusRecord } from './service-record.ts'
import type { ShownService } from './service-row.ts'

export interface StatusKeeperOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly leadership: Pick<Leadership, 'isLeading'>
  readonly clock: Clock
  readonly logger: Logger
  readonly randomId: () => string
  readonly reconcileMs: number
  /** Storage holds a status that was not known here. */
  onRecalled(team: string, record: ServiceStatusRecord): void
}

/** Statuses in storage, written by who leads when a service turns: best effort, for restarts and for processes that are not told. */
export interface StatusKeeper {
  turned(shown: ShownService): void
  /** The service is gone. */
  forget(team: string, name: string): void
  /** Storage answers. */
  storageUp(): void
  start(): void
  stop(): void
}

/** What turns within so long is written together, in ms. */
const GATHER_MS = 500
const BATCH = 100
const SHORTEST_COMPARISON_MS = 5_000

type Due = { readonly team: string; readonly name: string; readonly record: ServiceStatusRecord | null }

export const createStatusKeeper = (options: StatusKeeperOptions): StatusKeeper => {
  const { link, leadership, clock, logger, randomId } = options
  const due = new Map<string, Due>()
  let isWriting = false
  let isStopped = false
  let cancel = (): void => {}

  const follower: RecordFollower<ServiceStatusRecord> = createRecordFollower({
    definition: SERVICE_STATUSES,
    link,
    clock,
    logger,
    // Who leads knows better, and is told by storage where a version is another; who is told by the bus knows as well.
    isEnough: () => leadership.isLeading,
    reconcileMs: Math.max(SHORTEST_COMPARISON_MS, options.reconcileMs),
    onLearned: (changes) => {
      for (const { team, record } of changes) if (record !== null) options.onRecalled(team, record.value)
    },
  })

  const toCommit = ({ team, name, record }: Due): Commit => ({
    write: {
      store: SERVICE_STATUSES.name,
      id: name,
      team,
      expected: follower.get(team, name)?.version ?? null,
      writeId: randomId(),
      at: clock.now(),
      value: record,
      ...(record === null ? { deleted: true as const } : {}),
    },
    then: [],
  })

  const settle = (key: string, item: Due, outcome: Outcome<Stored<unknown>>): void => {
    const { team, name } = item
    const stands = outcome.ok ? outcome.record : outcome.current
    const isGone = stands === null || (outcome.ok && item.record === null)
    const change: Learned<ServiceStatusRecord> = {
      team,
      id: name,
      record: isGone ? null : { ...stands, value: SERVICE_STATUSES.parse(stands.value) },
    }
    follower.wrote(change)
    const isLater = !outcome.ok && item.record !== null && (change.record?.value.at ?? 0) < item.record.at
    if (isLater && !due.has(key)) due.set(key, item)
  }

  const write = async (): Promise<void> => {
    const batch = [...due].slice(0, BATCH)
    for (const [key] of batch) due.delete(key)
    const items = batch.filter(([, { team, name, record }]) => record !== null || follower.get(team, name) !== null)
    if (items.length === 0) return
    try {
      const outcomes = await link.run((driver) => driver.commit(items.map(([, item]) => toCommit(item))))
      for (const [index, [key, item]] of items.entries()) {
        const outcome = outcomes[index]
        if (outcome !== undefined) settle(key, item, outcome)
      }
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Statuses could not be stored; the latest will be.')
      for (const [key, item] of items) if (!due.has(key)) due.set(key, item)
    }
  }

  const flush = async (): Promise<void> => {
    if (!leadership.isLeading) due.clear()
    if (isWriting || isStopped || due.size === 0 || link.state !== 'up' || !follower.isLoaded) return
    isWriting = true
    await write()
    isWriting = false
    if (due.size > 0) schedule()
  }

  const schedule = (): void => {
    cancel()
    if (!isStopped) cancel = clock.setTimer(GATHER_MS, () => void flush())
  }

  const add = (item: Due): void => {
    if (!leadership.isLeading || isStopped) return
    const isFirst = due.size === 0
    due.set(JSON.stringify([item.team, item.name]), item)
    if (isFirst) schedule()
  }

  const compare = async (): Promise<void> => {
    await follower.compare()
    if (due.size > 0) schedule()
  }

  return {
    turned: ({ team, name, status, since, regions, at }) => add({ team, name, record: { name, status, since, regions, at } }),
    forget: (team, name) => add({ team, name, record: null }),
    storageUp: () => void compare(),
    start: () => void compare(),
    stop: () => {
      isStopped = true
      cancel()
      follower.stop()
    },
  }
}

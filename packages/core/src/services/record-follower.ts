import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import type { Head } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { everyPage } from '../storage/every-page.ts'
import type { StorageLink } from '../storage/storage-link.ts'

export interface RecordFollowerOptions<T> {
  readonly definition: CollectionDefinition<T>
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  /** Between two comparisons, in ms; longer where there are many records. */
  readonly reconcileMs: number
  /** Is what was read once enough for now? Then nothing is compared. Default: never. */
  isEnough?(): boolean
  /** Records came or changed (`value`), or went (null); all of what was learned at once. */
  onLearned(changes: readonly Learned<T>[]): void
}

export interface Learned<T> {
  readonly team: string
  readonly id: string
  readonly record: Stored<T> | null
}

/**
 * All records of one kind, as storage has them: told of own writes at once, of others' by comparing heads, now and then and when a hint
 * says so. While storage is away, what was known stands.
 */
export interface RecordFollower<T> {
  /** Has everything been read once? */
  readonly isLoaded: boolean
  get(team: string, id: string): Stored<T> | null
  /** A write of this process was stored; null where it deleted. */
  wrote(change: Learned<T>): void
  /** Compares with storage now, then in its rhythm. Never rejects. */
  compare(): Promise<void>
  start(): Promise<void>
  stop(): void
}

const PAGE = 500

const keyOf = (team: string, id: string): string => JSON.stringify([team, id])

export const createRecordFollower = <T>(options: RecordFollowerOptions<T>): RecordFollower<T> => {
  const { definition, link, clock, logger, reconcileMs } = options
  const known = new Map<string, Stored<T>>()
  /** Versions of what could not be read as a record, or was deleted: not asked for again. */
  const passed = new Map<string, string>()
  let isLoaded = false
  let isStopped = false
  let running: Promise<void> | null = null
  let isDue = false
  let cancel = (): void => {}

  const take = (changes: readonly Learned<T>[]): void => {
    const news = changes.filter(({ team, id, record }) => {
      const key = keyOf(team, id)
      const before = known.get(key)
      if (record === null) return known.delete(key)
      passed.delete(key)
      known.set(key, record)
      return before === undefined || !isSame(before, record)
    })
    if (news.length > 0) options.onLearned(news)
  }

  const readHeads = async (): Promise<readonly Head[]> => {
    const heads: Head[] = []
    for await (const page of everyPage(PAGE, (request) =>
      link.run((driver) => driver.collection(definition).heads('system', request)),
    ))
      heads.push(...page)
    return heads
  }

  /** One that another version of the software wrote must not hide the others. */
  const loadEach = async (team: string, ids: readonly string[]): Promise<readonly (Stored<T> | null)[]> => {
    try {
      return await link.run((driver) => driver.collection(definition).load({ team }, ids))
    } catch (thrown) {
      const { code } = SightlineError.from(thrown)
      if (code === 'UNAVAILABLE' || code === 'TIMEOUT') throw thrown
      if (ids.length === 1) {
        logger.warn({ store: definition.name, team, id: ids[0], code }, 'A record cannot be read, and is left out.')
        return [null]
      }
      const found: (Stored<T> | null)[] = []
      for (const id of ids) found.push(...(await loadEach(team, [id])))
      return found
    }
  }

  const load = async (team: string, heads: readonly Head[]): Promise<void> => {
    for (let start = 0; start < heads.length; start += PAGE) {
      const batch = heads.slice(start, start + PAGE)
      const before = batch.map(({ id }) => known.get(keyOf(team, id)))
      const found = await loadEach(
        team,
        batch.map(({ id }) => id),
      )
      const changes: Learned<T>[] = []
      for (const [index, { id, version }] of batch.entries()) {
        const key = keyOf(team, id)
        // What this process wrote while it was read is later.
        if (known.get(key) !== before[index]) continue
        const record = found[index] ?? null
        if (record === null) passed.set(key, spell(version))
        changes.push({ team, id, record })
      }
      take(changes)
    }
  }

  const round = async (): Promise<void> => {
    if (link.state !== 'up' || (isLoaded && options.isEnough?.() === true)) return
    try {
      const before = new Map(known)
      const heads = await readHeads()
      const listed = new Set<string>()
      const stale: Head[] = []
      const gone: Learned<T>[] = []
      for (const head of heads) {
        const key = keyOf(head.team, head.id)
        listed.add(key)
        const record = known.get(key)
        if (record === undefined ? head.deleted === true || passed.get(key) === spell(head.version) : isSame(record, head))
          continue
        if (record !== before.get(key)) continue
        stale.push(head)
      }
      for (const [key, record] of before) {
        if (!listed.has(key) && known.get(key) === record) gone.push({ team: record.team, id: record.id, record: null })
      }
      take(gone)
      for (const [team, group] of Map.groupBy(stale, (head) => head.team)) await load(team, group)
      isLoaded = true
    } catch (thrown) {
      logger.debug(
        { store: definition.name, code: SightlineError.from(thrown).code },
        'Records could not be compared; tried again.',
      )
    }
  }

  const rounds = async (): Promise<void> => {
    do {
      isDue = false
      await round()
    } while (isDue && !isStopped)
  }

  const schedule = (): void => {
    cancel()
    if (isStopped) return
    // One head a millisecond at most.
    cancel = clock.setTimer(Math.max(reconcileMs, known.size), () => void compare())
  }

  const compare = (): Promise<void> => {
    if (isStopped) return Promise.resolve()
    if (running !== null) {
      isDue = true
      return running
    }
    running = rounds().finally(() => {
      running = null
      schedule()
    })
    return running
  }

  return {
    get isLoaded() {
      return isLoaded
    },
    get: (team, id) => known.get(keyOf(team, id)) ?? null,
    wrote: (change) => {
      const { record } = change
      const before = known.get(keyOf(change.team, change.id))
      // The answer to an earlier write may come later.
      const isOlder =
        record !== null && before?.version.epoch === record.version.epoch && before.version.revision > record.version.revision
      if (!isOlder) take([change])
    },
    compare,
    start: () => compare(),
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

const spell = ({ epoch, revision }: Head['version']): string => `${epoch}/${revision}`

const isSame = (a: Pick<Head, 'version'>, b: Pick<Head, 'version' | 'deleted'>): boolean =>
  b.deleted !== true && a.version.epoch === b.version.epoch && a.version.revision === b.version.revision

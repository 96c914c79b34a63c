import { z } from 'zod'
import { tupleKey } from '../driver/names.ts'
import type { CollectionDefinition, Stored, Write } from '../ports/collections.ts'
import type { Point } from '../ports/samples.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { floorTo, HOUR_MS } from './resolutions.ts'

const LateHour = z.looseObject({ service: z.string(), region: z.string(), hour: z.number() })

/** An hour of a series that points came to after it was rolled up. `hour` is its begin, ms since the Unix epoch. */
export interface LateHour {
  readonly service: string
  readonly region: string
  readonly hour: number
}

export const LATE_HOURS: CollectionDefinition<LateHour> = {
  name: 'core.late-hours',
  parse: (raw) => LateHour.parse(raw),
  indexes: { byHour: ['hour'] },
}

export interface LateHoursOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly randomId: () => string
}

/** Notes of what is to be rolled up once more. They are made before the points are stored, so that no death in between loses them. */
export interface LateHours {
  note(points: readonly Point[], at: number): Promise<void>
  /** The oldest hours first. */
  list(limit: number): Promise<readonly Stored<LateHour>[]>
  /** Forgets a note, unless it was renewed meanwhile. */
  forget(note: Stored<LateHour>, at: number): Promise<void>
}

const ATTEMPTS = 5
/** A note that was made so lately is heeded long after what is stored now. */
const FRESH_MS = 10_000
const MAX_REMEMBERED = 20_000

export const createLateHours = ({ link, randomId }: LateHoursOptions): LateHours => {
  const notedAt = new Map<string, number>()

  return {
    note: async (points, at) => {
      const notes = new Map<string, Write>()
      for (const point of points) {
        const { team, service, region } = point.series
        const hour = floorTo(point.at, HOUR_MS)
        const id = tupleKey(String(hour), service, region)
        const value: LateHour = { service, region, hour }
        const key = tupleKey(team, id)
        if (Math.abs(at - (notedAt.get(key) ?? Number.NEGATIVE_INFINITY)) < FRESH_MS) continue
        notes.set(key, { store: LATE_HOURS.name, id, team, expected: null, writeId: randomId(), at, value })
      }
      let missing = [...notes.values()]
      for (let attempt = 0; attempt < ATTEMPTS && missing.length > 0; attempt++) {
        const commits = missing.map((write) => ({ write, then: [] }))
        const outcomes = await link.run((driver) => driver.commit(commits))
        // Renewed where it is there: whoever works on it must see that something came.
        missing = missing.flatMap((write, index) => {
          const outcome = outcomes[index]
          if (outcome === undefined || outcome.ok) return []
          return [{ ...write, expected: outcome.current?.version ?? null, writeId: randomId() }]
        })
      }
      if (notedAt.size > MAX_REMEMBERED) notedAt.clear()
      for (const key of notes.keys()) notedAt.set(key, at)
    },
    list: async (limit) => {
      const page = await link.run((driver) =>
        driver.collection(LATE_HOURS).list('system', { index: 'byHour', equals: {}, order: 'asc', limit }),
      )
      return page.items
    },
    forget: async ({ id, team, version }, at) => {
      const write = {
        store: LATE_HOURS.name,
        id,
        team,
        expected: version,
        writeId: randomId(),
        at,
        value: null,
        deleted: true,
      } as const
      await link.run((driver) => driver.commit([{ write, then: [] }]))
    },
  }
}

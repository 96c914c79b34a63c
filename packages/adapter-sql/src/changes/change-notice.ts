import type { Change } from './change.ts'

/** What a notification says. `unnamed`: changes whose names did not fit into one. `beat`: the feed's own, to see whether it still hears. */
export type Notice =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'unnamed'; readonly stores: readonly string[] }
  | { readonly kind: 'beat'; readonly id: string }

/** PostgreSQL takes less than 8,000 bytes. https://www.postgresql.org/docs/current/sql-notify.html */
const maxBytes = 7_900

/** What stands around the rows of a notification. */
export const noticeFrame = { open: '{"c":[', close: ']}' } as const
const frameBytes = noticeFrame.open.length + noticeFrame.close.length

/** A change as a notification carries it. */
export const toNoticeRow = ({ store, head: { id, team, version, deleted } }: Change): string =>
  JSON.stringify([store, team, id, version.epoch, version.revision, ...(deleted === true ? [1] : [])])

/** For each row the number of the notification it goes into, as few as hold them; null for one that fits into none. */
export const placeNoticeRows = (rows: readonly string[]): readonly (number | null)[] => {
  let place = 0
  let bytes = 0
  return rows.map((row) => {
    const size = Buffer.byteLength(row) + 1
    if (size > maxBytes - frameBytes) return null
    if (bytes + size > maxBytes - frameBytes) {
      place++
      bytes = 0
    }
    bytes += size
    return place
  })
}

/**
 * The notifications of one transaction's changes, as few as hold them. One whose names are too long for a notification is told by its store
 * alone.
 */
export const toNotices = (changes: readonly Change[]): readonly string[] => {
  const rows = changes.map(toNoticeRow)
  const places = placeNoticeRows(rows)
  const unnamed = new Set(changes.flatMap(({ store }, index) => (places[index] === null ? [store] : [])))
  const fitting = rows.flatMap((row, index) => {
    const place = places[index] ?? null
    return place === null ? [] : [{ row, place }]
  })
  const named = [...Map.groupBy(fitting, ({ place }) => place).values()].map(
    (each) => `${noticeFrame.open}${each.map(({ row }) => row).join(',')}${noticeFrame.close}`,
  )
  if (unnamed.size === 0) return named
  return [...named, JSON.stringify({ u: [...unnamed].filter((store) => Buffer.byteLength(store) < 1_000) })]
}

export const toBeat = (id: string): string => JSON.stringify({ b: id })

type Row = readonly [store: string, team: string, id: string, epoch: string, revision: number, deleted?: 1]

/** Null for what is none: anybody may notify on a channel. */
export const fromNotice = (payload: string): Notice | null => {
  try {
    const { b, u, c } = JSON.parse(payload) as {
      readonly b?: string
      readonly u?: readonly string[]
      readonly c?: readonly Row[]
    }
    if (typeof b === 'string') return { kind: 'beat', id: b }
    if (Array.isArray(u)) return { kind: 'unnamed', stores: u }
    return Array.isArray(c) ? { kind: 'changes', changes: c.map(toChange) } : null
  } catch {
    return null
  }
}

const toChange = ([store, team, id, epoch, revision, deleted]: Row): Change => ({
  store,
  head: { id, team, version: { epoch, revision }, ...(deleted === 1 ? { deleted: true } : {}) },
})

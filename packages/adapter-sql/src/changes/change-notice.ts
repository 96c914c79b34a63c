import type { Change } from './change.ts'

/** What a notification says. `unnamed`: changes whose names did not fit into one. `beat`: the feed's own, to see whether it still hears. */
export type Notice =
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'unnamed'; readonly stores: readonly string[] }
  | { readonly kind: 'beat'; readonly id: string }

/** PostgreSQL takes less than 8,000 bytes. https://www.postgresql.org/docs/current/sql-notify.html */
const maxBytes = 7_900

/**
 * The notifications of one transaction's changes, as few as hold them. One whose names are too long for a notification is told by its store
 * alone.
 */
export const toNotices = (changes: readonly Change[]): readonly string[] => {
  const notices: string[] = []
  const unnamed = new Set<string>()
  let rows: string[] = []
  let bytes = 0
  const close = (): void => {
    if (rows.length > 0) notices.push(`{"c":[${rows.join(',')}]}`)
    rows = []
    bytes = 0
  }
  for (const { store, head } of changes) {
    const { id, team, version, deleted } = head
    const row = JSON.stringify([store, team, id, version.epoch, version.revision, ...(deleted === true ? [1] : [])])
    const size = Buffer.byteLength(row) + 1
    if (size > maxBytes - frameBytes) {
      unnamed.add(store)
      continue
    }
    if (bytes + size > maxBytes - frameBytes) close()
    rows.push(row)
    bytes += size
  }
  close()
  if (unnamed.size > 0) notices.push(JSON.stringify({ u: [...unnamed].filter((store) => Buffer.byteLength(store) < 1_000) }))
  return notices
}

/** `{"c":[` and `]}`. */
const frameBytes = 8

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

import type { RevisionRef } from '@sightline/core/protocol'
import type { Pointer } from './json-pointer.ts'

export const ranges = { '5m': 5, '15m': 15, '1h': 60, '6h': 360, '24h': 1_440 } as const

export type Range = keyof typeof ranges

/** What the address says about a region's page. What is absent follows the present: the chosen field, the newest two entries. */
export interface RegionView {
  readonly field?: Pointer
  readonly range?: Range
  readonly view?: 'table'
  readonly from?: string
  readonly to?: string
  readonly patch?: 'raw'
}

export const toRangeMs = (range: Range): number => ranges[range] * 60_000

/** One entry of a history, as an address names it: `<epoch>~<revision>`. */
export const spellRevision = ({ epoch, revision }: RevisionRef): string => `${epoch}~${revision}`

export const parseRevision = (text: unknown): RevisionRef | null => {
  const found = typeof text === 'string' ? /^(?<epoch>.{1,200})~(?<revision>[1-9]\d{0,14})$/s.exec(text)?.groups : undefined
  return found?.epoch === undefined ? null : { epoch: found.epoch, revision: Number(found.revision) }
}

/** Reads the address loosely: what does not fit is left out. */
export const parseRegionView = (search: Readonly<Record<string, unknown>>): RegionView => {
  const { field, range, view, from, to, patch } = search
  return {
    ...(typeof field === 'string' && field.startsWith('/') ? { field } : {}),
    ...(typeof range === 'string' && Object.hasOwn(ranges, range) ? { range: range as Range } : {}),
    ...(view === 'table' ? { view } : {}),
    ...(typeof from === 'string' && parseRevision(from) !== null ? { from } : {}),
    ...(typeof to === 'string' && parseRevision(to) !== null ? { to } : {}),
    ...(patch === 'raw' ? { patch } : {}),
  }
}

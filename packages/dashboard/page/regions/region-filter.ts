import type { RegionStatus, TargetState } from '@sightline/core/protocol'

/** What the page's address says about which regions to show. */
export interface RegionFilter {
  readonly q?: string
  readonly show?: 'up' | 'trouble'
  readonly api?: string
}

export const isTrouble = (state: TargetState): boolean => state === 'failing' || state === 'open'

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text.slice(0, 200) : undefined
}

/** Reads the address loosely: what does not fit is left out. */
export const parseRegionFilter = (search: Readonly<Record<string, unknown>>): RegionFilter => {
  const q = textOf(search.q)
  const api = textOf(search.api)
  const show = search.show === 'up' || search.show === 'trouble' ? search.show : undefined
  return { ...(q === undefined ? {} : { q }), ...(api === undefined ? {} : { api }), ...(show === undefined ? {} : { show }) }
}

/** The regions that every word of `q` fits, by label, region or api, in the given order. */
export const filterRegions = (regions: readonly RegionStatus[], { q = '', show, api }: RegionFilter): readonly RegionStatus[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return regions.filter((status) => {
    if (api !== undefined && status.api !== api) return false
    if (show === 'up' && status.state !== 'up') return false
    if (show === 'trouble' && !isTrouble(status.state)) return false
    const text = `${status.label} ${status.region} ${status.api}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

import { choiceParam, given, type Search, textParam } from '../address/search-param.ts'

export const ranges = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const

export type Range = keyof typeof ranges

export const rangeNames = Object.keys(ranges) as readonly Range[]

/** What the address says about a service's page: which number is drawn, over which time, in which region. */
export interface ServiceViewSearch {
  readonly range?: Range
  readonly value?: string
  readonly region?: string
}

/** Reads the address loosely: what does not fit is left out. */
export const parseServiceView = (search: Search): ServiceViewSearch =>
  given({
    range: choiceParam(search.range, rangeNames),
    value: textParam(search.value),
    region: textParam(search.region),
  })

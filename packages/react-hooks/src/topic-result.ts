import { type SightlineError, shareStructure, type TopicStatus, type TopicView } from '@sightline/client'

/** A topic as a component sees it: the same object until something of it changes. */
export interface TopicResult<Selected> {
  /** undefined until `isLoaded`. */
  readonly data: Selected | undefined
  readonly isLoaded: boolean
  readonly status: TopicStatus
  /** What is shown may be old: not connected, or being asked for again. */
  readonly isStale: boolean
  /** Storage is away: what is shown is true, but not stored yet. */
  readonly isProvisional: boolean
  readonly error: SightlineError | null
}

/** What of a topic is shown, and whether it is followed at all. */
export interface TopicOptions<Data, Selected = Data> {
  /** The part that matters here: the component renders again when it changes, not when the rest does. Compared by content. */
  readonly select?: (data: Data) => Selected
  /** False: shows what is there, without subscribing. Default true. */
  readonly enabled?: boolean
}

/** The result for a view; `before` where it says the same. */
export const toResult = <Data, Selected>(
  view: TopicView<Data>,
  select: ((data: Data) => Selected) | undefined,
  before: TopicResult<Selected> | null,
): TopicResult<Selected> => {
  const { data, status, isStale, isProvisional, error } = view
  const isLoaded = data !== undefined
  const selected = isLoaded && select ? select(data) : (data as Selected | undefined)
  const next = { data: shareStructure(before?.data, selected), isLoaded, status, isStale, isProvisional, error }
  return before && (Object.keys(next) as (keyof typeof next)[]).every((key) => Object.is(next[key], before[key])) ? before : next
}

import type { IncidentEvent } from '../protocol/incidents.ts'

/** What a timeline holds at most. Comments are kept whole; beyond, the oldest of what the system noted is left out, and counted. */
export const TIMELINE_LIMITS = { events: 500, comments: 400, commentLength: 10_000, commentsLength: 262_144 } as const

export interface Timeline {
  readonly events: readonly IncidentEvent[]
  /** How many were left out. */
  readonly omitted: number
}

const isComment = ({ kind }: IncidentEvent): boolean => kind === 'commented'

/** With one more event at its end. The first event, how it opened, stays. */
export const extendTimeline = ({ events, omitted }: Timeline, event: IncidentEvent): Timeline => {
  const all = [...events, event]
  if (all.length <= TIMELINE_LIMITS.events) return { events: all, omitted }
  const droppable = all.findIndex((each, index) => index > 0 && index < all.length - 1 && !isComment(each))
  return droppable === -1 ? { events: all, omitted } : { events: all.toSpliced(droppable, 1), omitted: omitted + 1 }
}

/** Why a comment finds no room; null where it does. */
export const commentFault = (events: readonly IncidentEvent[], text: string): string | null => {
  const comments = events.filter(isComment)
  if (comments.length >= TIMELINE_LIMITS.comments) return `An incident holds ${TIMELINE_LIMITS.comments} comments at most.`
  const length = comments.reduce((sum, comment) => sum + comment.text.length, text.length)
  if (length <= TIMELINE_LIMITS.commentsLength) return null
  return `The comments of an incident hold ${TIMELINE_LIMITS.commentsLength} characters at most, all together.`
}

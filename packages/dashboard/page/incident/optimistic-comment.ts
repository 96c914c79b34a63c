import type { IncidentDetail, IncidentEvent } from '@sightline/core/protocol'

const prefix = 'unconfirmed:'

/** A comment that was sent from here, and is not answered yet. */
export const isUnconfirmed = ({ id }: IncidentEvent): boolean => id.startsWith(prefix)

/** The incident as it will be with a comment. */
export const withComment = (
  incident: IncidentDetail,
  { text, at }: { readonly text: string; readonly at: number },
): IncidentDetail => ({
  ...incident,
  commentCount: incident.commentCount + 1,
  timeline: [...incident.timeline, { id: `${prefix}${incident.timeline.length}`, at, kind: 'commented', by: null, text }],
})

import type { Variant } from '../ports/transport.ts'
import { roomOf, v1Room } from './topic-key.ts'

/** The team of installations that know no teams; version 1 of the wire stands for it. */
export const DEFAULT_TEAM = 'default'

/** The room of a subscription. Version 1 of the default team has its own names: `metrics:<api>:<region>`. */
export const roomFor = ({
  team,
  topic,
  params,
  variant,
}: {
  readonly team: string
  readonly topic: string
  readonly params: unknown
  readonly variant: Variant
}): string => {
  const { api, region } = (params ?? {}) as { readonly api?: string; readonly region?: string }
  if (variant === 'v1' && team === DEFAULT_TEAM && api !== undefined && region !== undefined) return v1Room(api, region)
  return roomOf({ team, topic, variant })
}

/** Is this a room whose frames go out as version 1's `metrics-update`? */
export const isV1Room = (room: string): boolean => room.startsWith('metrics:') || room.startsWith('v1:')

import { sha1 } from '../changes/digest.ts'
import type { IncidentKey } from '../domain/incident-decision.ts'

/** Long enough that two never meet, short enough to be said. */
const LENGTH = 20
const HOUR_MS = 3_600_000

/** The key that no two incidents of a team share while neither is resolved. */
export const keyOf = ({ rule, service, region }: Omit<IncidentKey, 'team'>): string => JSON.stringify([rule, service, region])

/**
 * The id of the `ordinal`-th incident of a key: whoever decides it, on whichever side of a split, gives it the same. Where nobody could say
 * how many there were (`ordinal` null), those of one hour share one.
 */
export const incidentId = (
  { team, rule, service, region }: IncidentKey,
  { ordinal, at }: { readonly ordinal: number | null; readonly at: number },
): string => sha1(JSON.stringify([team, rule, service, region, ordinal ?? `hour ${Math.floor(at / HOUR_MS)}`])).slice(0, LENGTH)

/** The id of one that is opened by hand: each is one of its own. */
export const incidentIdByHand = (randomId: () => string): string => sha1(randomId()).slice(0, LENGTH)

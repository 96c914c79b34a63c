import type { Quorum, ServiceStatus } from '../protocol/services.ts'
import { quorumOf } from './quorum.ts'

/** A region as the whole is made from it. */
export interface RegionStanding {
  readonly status: ServiceStatus
  /** Was it down when it was last observed? Of a region that is not heard any more. */
  readonly wasDown: boolean
  /** It is about to be observed for the first time. */
  readonly isAwaited: boolean
}

/**
 * A service's status by quorum over its regions. Those that are heard decide; half of them down, exactly, is `degraded` (as is any that is down
 * below the quorum). What was down and is not heard any more never makes it better.
 */
export const serviceStatus = (regions: readonly RegionStanding[], quorum: Quorum): ServiceStatus => {
  if (regions.length === 0) return 'waiting'
  const having = { waiting: 0, up: 0, degraded: 0, down: 0, flapping: 0, stale: 0, inconclusive: 0, paused: 0, maintenance: 0 }
  let awaited = 0
  let lost = 0
  for (const { status, wasDown, isAwaited } of regions) {
    having[status]++
    if (isAwaited) awaited++
    if (wasDown && (status === 'stale' || status === 'inconclusive')) lost++
  }
  const { up, degraded, down, flapping, stale, inconclusive } = having
  if (having.paused === regions.length) return 'paused'
  if (having.maintenance === regions.length) return 'maintenance'

  const heard = up + degraded + down + flapping
  if (heard === 0) return stale > 0 ? 'stale' : inconclusive > 0 ? 'inconclusive' : 'waiting'
  const needed = quorumOf(quorum, heard + awaited, regions.length)
  if (down >= needed) return 'down'
  if (down + flapping >= needed) return 'flapping'
  if (lost > 0 && lost + down >= quorumOf(quorum, heard + lost, regions.length)) return stale > 0 ? 'stale' : 'inconclusive'
  return down + degraded + flapping > 0 ? 'degraded' : 'up'
}

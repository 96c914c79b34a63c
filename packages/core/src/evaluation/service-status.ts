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
  const count = (test: (region: RegionStanding) => boolean): number => regions.filter(test).length
  const having = (status: ServiceStatus): number => count((region) => region.status === status)
  if (regions.length === 0) return 'waiting'
  for (const common of ['paused', 'maintenance'] as const) if (having(common) === regions.length) return common

  const [up, degraded, down, flapping] = [having('up'), having('degraded'), having('down'), having('flapping')]
  const heard = up + degraded + down + flapping
  if (heard === 0) return having('stale') > 0 ? 'stale' : having('inconclusive') > 0 ? 'inconclusive' : 'waiting'
  const needed = quorumOf(quorum, heard + count(({ isAwaited }) => isAwaited), regions.length)
  if (down >= needed) return 'down'
  if (down + flapping >= needed) return 'flapping'
  const lost = count(({ status, wasDown }) => wasDown && (status === 'stale' || status === 'inconclusive'))
  if (lost > 0 && lost + down >= quorumOf(quorum, heard + lost, regions.length)) {
    return having('stale') > 0 ? 'stale' : 'inconclusive'
  }
  return down + degraded + flapping > 0 ? 'degraded' : 'up'
}

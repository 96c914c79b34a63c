import type { Sample } from '../domain/sample.ts'
import { checkOf } from '../services/service-record.ts'
import type { Fleet, Member } from './fleet.ts'
import type { MonitorEvidence } from './monitor-health.ts'

type TickEvidence = Pick<MonitorEvidence, 'failedTogether' | 'failedHosts' | 'goodBefore'>

/** What these samples say of the monitor: how many of the targets that were good turned bad together. */
export const tickEvidence = (samples: readonly Sample[], fleet: Pick<Fleet, 'find' | 'members'>): TickEvidence => {
  const failed = new Set<string>()
  const hosts = new Set<string>()
  for (const { team, service, region, verdict, doubt } of samples) {
    // What one process could not see says nothing of who judges.
    if (verdict !== 'down' || doubt !== undefined) continue
    const member = fleet.find(team, service)
    const before = member?.state.regions.find((one) => one.region === region)
    if (member === null || before === undefined || before.verdict === null || before.wasBad) continue
    failed.add(JSON.stringify([team, service, region]))
    hosts.add(hostOf(member))
  }
  return { failedTogether: failed.size, failedHosts: hosts.size, goodBefore: failed.size === 0 ? 0 : countGood(fleet) }
}

const countGood = ({ members }: Pick<Fleet, 'members'>): number => {
  let good = 0
  for (const { state } of members) {
    for (const { verdict, wasBad, isStale } of state.regions) if (verdict !== null && !wasBad && !isStale) good++
  }
  return good
}

/** Where a service is; one that is nowhere known is a host of its own. */
const hostOf = ({ plan: { service } }: Member): string => {
  const check = checkOf(service)
  if (check === null) return service.name
  const { url, host } = check
  if (typeof url === 'string' && URL.canParse(url)) return new URL(url).hostname
  return typeof host === 'string' ? host : service.name
}

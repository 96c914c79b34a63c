import type { ServiceStatus } from '../protocol/services.ts'
import type { Alarm } from './alarm.ts'
import type { FoldContext } from './fold-context.ts'
import { newRegion, type RegionState } from './region-state.ts'

/** All that is known of one service. Never changed in place. */
export interface ServiceState {
  readonly regions: readonly RegionState[]
  /** By `alarmKey`; those that were never told of are not in it. */
  readonly alarms: ReadonlyMap<string, Alarm>
  readonly status: ServiceStatus
  readonly since: number | null
}

/** Of a rule: of the service as a whole where `region` is null. */
export const alarmKey = (rule: string, region: string | null): string => (region === null ? rule : `${rule}\n${region}`)

export const fromAlarmKey = (key: string): { readonly rule: string; readonly region: string | null } => {
  const end = key.indexOf('\n')
  return end === -1 ? { rule: key, region: null } : { rule: key.slice(0, end), region: key.slice(end + 1) }
}

export const newServiceState = (context: Pick<FoldContext, 'elapsed' | 'plan'>): ServiceState => ({
  regions: context.plan.service.regions.map((region) => newRegion(region, context)),
  alarms: new Map(),
  status: context.plan.service.enabled ? 'waiting' : 'paused',
  since: null,
})

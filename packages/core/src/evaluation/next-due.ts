import { alarmDueAt } from './alarm.ts'
import type { FoldContext } from './fold-context.ts'
import { silentSince } from './region-state.ts'
import { defaultFlapping } from './service-plan.ts'
import { alarmKey, type ServiceState } from './service-state.ts'
import { steadyAt } from './turns.ts'

/** While planned work goes on, or the monitor is in doubt: how soon its end is noticed, in ms. */
const LOOK_AGAIN_MS = 5_000

/** When time alone may change something, by `elapsed`; null where it cannot. */
export const nextDueAt = ({ regions, alarms }: ServiceState, context: FoldContext): number | null => {
  const { plan, elapsed } = context
  if (!plan.service.enabled) return null
  let due = context.isMaintained || !context.isWell ? elapsed + LOOK_AGAIN_MS : Number.POSITIVE_INFINITY
  const consider = (at: number): void => {
    if (at > elapsed && at < due) due = at
  }
  for (const region of regions) {
    if (region.isFlapping) consider(steadyAt(region.turns, defaultFlapping))
    if (!region.isArmed) continue
    const since = silentSince(region, context)
    if (!region.isStale) consider(since + plan.staleAfterMs)
    for (const { place, silenceMs } of plan.silences) if (region.tracks[place]?.isOn !== true) consider(since + silenceMs)
  }
  if (alarms.size > 0) {
    for (const planned of plan.rules) {
      const keys = planned.quorum === 'region' ? regions.map(({ region }) => region) : [null]
      for (const key of keys) {
        const alarm = alarms.get(alarmKey(planned.rule.name, key))
        const at = alarm === undefined ? null : alarmDueAt(alarm, planned)
        if (at !== null) consider(at)
      }
    }
  }
  return due === Number.POSITIVE_INFINITY ? null : due
}

import type { Maintenance } from '@sightline/core/protocol'
import { splitNames } from '../services/service-draft.ts'

/** A maintenance window as it stands in the form: all of it text. */
export interface MaintenanceDraft {
  readonly title: string
  readonly services: string
  readonly tags: string
  readonly when: 'once' | 'again'
  readonly from: string
  readonly to: string
  readonly cron: string
  readonly timeZone: string
  readonly minutes: string
}

type MaintenanceInput = Omit<Maintenance, 'id' | 'by' | 'next'>

interface Made {
  /** null where something is wrong. */
  readonly input: MaintenanceInput | null
  /** By the field's path. */
  readonly faults: Readonly<Record<string, string>>
}

/** The window as it is sent, or what can be told to be wrong before. `readTime` reads a local time. */
export const maintenanceOf = (draft: MaintenanceDraft, readTime: (text: string) => number | undefined): Made => {
  const faults: Record<string, string> = {}
  const title = draft.title.trim()
  const services = splitNames(draft.services)
  const tags = splitNames(draft.tags)
  const from = readTime(draft.from)
  const to = readTime(draft.to)
  const durationMs = Math.round(Number(draft.minutes) * 60_000)
  if (title === '') faults.title = 'Title is missing'
  if (services.length + tags.length === 0) faults.services = 'Name at least one service or tag'
  if (draft.when === 'once') {
    if (from === undefined) faults.from = 'is no time'
    if (to === undefined) faults.to = 'is no time'
    else if (from !== undefined && to <= from) faults.to = 'must be after its begin'
  } else {
    if (draft.cron.trim() === '') faults.cron = 'is missing'
    if (!(durationMs > 0)) faults.durationMs = 'must be more than 0'
  }
  if (Object.keys(faults).length > 0) return { input: null, faults }
  const about = { title, ...(services.length > 0 ? { services } : {}), ...(tags.length > 0 ? { tags } : {}) }
  const input: MaintenanceInput =
    draft.when === 'once' && from !== undefined && to !== undefined
      ? { ...about, from, to }
      : { ...about, cron: draft.cron.trim(), timeZone: draft.timeZone.trim(), durationMs }
  return { input, faults }
}

import type { Alert, Silence } from '../protocol/alerts.ts'

/** Why an alert is not told yet, and until when as far as that is known (ms since the Unix epoch). */
export interface Hold {
  readonly by: string
  readonly until: number | null
}

/** What may hold the notices of a team now. */
export interface HoldSources {
  readonly silences: readonly Silence[]
  /** The maintenance whose window `now` lies in, that the service is concerned by. */
  maintenance(service: { readonly name: string | null; readonly tags: readonly string[] }): { id: string; to: number } | null
  isParentDown(service: string): boolean
  /** When quiet hours end that hold it; null where none do. */
  quietUntil(alert: Alert): number | null
  readonly now: number
}

/** Every selector that is given must name it. One without any names everything. */
const silences = ({ services, rules, tags, regions, from, to }: Silence, alert: Alert, now: number): boolean =>
  from <= now &&
  now < to &&
  names(services, alert.service) &&
  names(rules, alert.rule) &&
  names(regions, alert.region) &&
  (tags === undefined || tags.some((tag) => alert.tags.includes(tag)))

const names = (wanted: readonly string[] | undefined, value: string | null): boolean =>
  wanted === undefined || (value !== null && wanted.includes(value))

/** What holds an alert now, or null. Ends are never held: what was told of a beginning is told of the end. */
export const resolveHold = (alert: Alert, sources: HoldSources): Hold | null => {
  if (alert.kind === 'resolved' || alert.kind === 'steady') return null
  const silence = sources.silences.find((candidate) => silences(candidate, alert, sources.now))
  if (silence !== undefined) return { by: `silence:${silence.id}`, until: silence.to }
  const work = sources.maintenance({ name: alert.service, tags: alert.tags })
  if (work !== null) return { by: `maintenance:${work.id}`, until: work.to }
  if (alert.service !== null && sources.isParentDown(alert.service)) return { by: 'parent', until: null }
  const quietUntil = sources.quietUntil(alert)
  return quietUntil === null ? null : { by: 'quiet-hours', until: quietUntil }
}

import type { Notification, NotificationFact } from '../ports/notifier.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'

/** How many alerts are listed in one message. */
export const MOST_ITEMS = 12

const MOST_TITLE = 250
const MOST_TEXT = 500

/** What a notifier is given of a delivery: the same on every attempt. `alerts` are its own in their order, the first twelve at least. */
export const toNotification = (
  { team, delivery, alerts }: { readonly team: string; readonly delivery: Delivery; readonly alerts: readonly Alert[] },
  { incidentUrl = () => null }: { readonly incidentUrl?: ((team: string, incident: string) => string | null) | undefined } = {},
): Notification => {
  const shown = alerts.slice(0, MOST_ITEMS)
  const isOver = delivery.kind === 'resolved' || delivery.kind === 'steady'
  const links = shown.length === 1 && shown[0] !== undefined ? [incidentUrl(team, shown[0].incident)] : []
  return {
    status: delivery.kind,
    title: cut(delivery.title, MOST_TITLE),
    severity: delivery.severity,
    team,
    channel: delivery.channel,
    at: delivery.createdAt,
    facts: delivery.kind === 'test' ? [] : toFacts(delivery, shown),
    items: shown.map(({ title, reason, severity, at }) => ({
      title: cut(title, MOST_TITLE),
      text: isOver ? '' : cut(reason, MOST_TEXT),
      severity,
      at,
    })),
    more: Math.max(0, delivery.alerts.length - shown.length),
    links: links.filter((url) => url !== null && isWebUrl(url)).map((url) => ({ text: 'Open the incident', url: url ?? '' })),
  }
}

const toFacts = ({ alerts, group }: Delivery, shown: readonly Alert[]): readonly NotificationFact[] => {
  // What holds for those that are listed is known of all only where all are, or where the group says so.
  const common = (field: 'rule' | 'service' | 'region'): string | null => {
    const [first] = shown
    const value = first?.[field] ?? null
    const isKnown = alerts.length === shown.length || group.includes(`${field}=`)
    return isKnown && shown.every((alert) => alert[field] === value) ? value : null
  }
  const facts: readonly (readonly [string, string | null])[] = [
    ['Service', common('service')],
    ['Region', common('region')],
    ['Rule', common('rule')],
    ['Alerts', alerts.length > 1 ? String(alerts.length) : null],
    ['Since', shown.length === 0 ? null : new Date(Math.min(...shown.map(({ at }) => at))).toISOString()],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [{ name, value: cut(value, MOST_TEXT) }]))
}

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`)

const isWebUrl = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

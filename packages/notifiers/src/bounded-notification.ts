import type { Notification } from '@sightline/core/ports'
import { cutText } from './inert-line.ts'

const MOST_FACTS = 20
const MOST_ITEMS = 50

/** The notification with no text longer than is bearable, whoever made it: what is left out of the items is counted. */
export const boundedNotification = (notification: Notification): Notification => {
  const { title, team, channel, facts, items, more, links } = notification
  return {
    ...notification,
    title: cutText(title, 250),
    team: cutText(team, 100),
    channel: cutText(channel, 100),
    facts: facts.slice(0, MOST_FACTS).map(({ name, value }) => ({ name: cutText(name, 100), value: cutText(value, 500) })),
    items: items
      .slice(0, MOST_ITEMS)
      .map((item) => ({ ...item, title: cutText(item.title, 250), text: cutText(item.text, 500) })),
    more: more + Math.max(0, items.length - MOST_ITEMS),
    links: links
      .filter(({ url }) => url.length <= 2_000 && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))
      .slice(0, 5)
      .map(({ text, url }) => ({ text: cutText(text, 100), url: new URL(url).href })),
  }
}

import { expect, it } from 'vitest'
import { filterByView, heldByWords, joinById, parseAlertView } from '../../page/alerts/alert-view.ts'
import { maintenanceOf } from '../../page/alerts/maintenance-draft.ts'
import { routeConditions, routeTimes } from '../../page/alerts/route-words.ts'
import { targetWords } from '../../page/alerts/target-words.ts'

const item = (id: string, at: number, status = 'sent', channel = 'desk') => ({ id, at, status, channel })

it('reads the address loosely', () => {
  expect(parseAlertView({ view: 'silences', status: 'dead', channel: 'desk' })).toEqual({
    view: 'silences',
    status: 'dead',
    channel: 'desk',
  })
  expect(parseAlertView({ view: 'alerts', status: 'lost' })).toEqual({})
})

it('shows what fits, the newest first, live before stored', () => {
  const all = joinById([item('b', 2, 'dead')], [item('a', 1), item('b', 2, 'pending'), item('c', 3, 'sent', 'mail')])
  const at = (each: { readonly at: number }) => each.at
  expect(filterByView(all, { view: {}, at }).map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  expect(filterByView(all, { view: { status: 'dead' }, at }).map(({ id }) => id)).toEqual(['b'])
  expect(filterByView(all, { view: { channel: 'mail' }, at }).map(({ id }) => id)).toEqual(['c'])
})

it('says by what an alert is held', () => {
  expect([null, 'parent', 'quiet-hours', 'silence:7', 'maintenance:7', 'other'].map(heldByWords)).toEqual([
    'held',
    'held: what it depends on is down',
    'held by quiet hours',
    'held by a silence',
    'held by maintenance',
    'held by other',
  ])
})

it('says in words what a route takes, and when it tells', () => {
  expect(routeConditions({ channels: ['x'] })).toBe('Everything')
  expect(routeConditions({ channels: ['x'], severities: ['high', 'critical'], tags: ['shop'] })).toBe(
    'What is high or critical, tagged shop',
  )
  expect(routeTimes({ channels: ['x'] })).toEqual([
    'One message for each rule: after 30 s, then every 5 min',
    'Repeated every 4 h while it lasts',
  ])
  expect(
    routeTimes({ channels: ['x'], groupWaitMs: 0, repeatMs: 0, escalate: { afterMs: 600_000, channels: ['boss'] } }),
  ).toEqual([
    'One message for each rule: at once, then every 5 min',
    'Never repeated',
    'Not acknowledged after 10 min: also boss',
  ])
  expect(targetWords({ services: ['a', 'b'], tags: ['t'] })).toBe('a, b · tagged t')
  expect(targetWords({})).toBe('Everything')
})

const draft = {
  title: 'Disks',
  services: 'db',
  tags: '',
  when: 'once' as const,
  from: '5',
  to: '9',
  cron: '0 3 * * 0',
  timeZone: 'Europe/Berlin',
  minutes: '30',
}
const readTime = (text: string) => (text === '' ? undefined : Number(text))

it('a maintenance window is planned once, or again and again', () => {
  expect(maintenanceOf(draft, readTime).input).toEqual({ title: 'Disks', services: ['db'], from: 5, to: 9 })
  expect(maintenanceOf({ ...draft, when: 'again' }, readTime).input).toEqual({
    title: 'Disks',
    services: ['db'],
    cron: '0 3 * * 0',
    timeZone: 'Europe/Berlin',
    durationMs: 1_800_000,
  })
})

it('tells by field what is wrong with a window', () => {
  const wrong = maintenanceOf({ ...draft, title: ' ', services: '', from: '', to: '3' }, readTime)
  expect(wrong.input).toBeNull()
  expect(Object.keys(wrong.faults)).toEqual(['title', 'services', 'from'])
  expect(maintenanceOf({ ...draft, to: '5' }, readTime).faults).toEqual({ to: 'must be after its begin' })
  expect(maintenanceOf({ ...draft, when: 'again', cron: '', minutes: 'x' }, readTime).faults).toEqual({
    cron: 'is missing',
    durationMs: 'must be more than 0',
  })
})

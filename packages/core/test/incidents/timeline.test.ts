import { expect, test } from 'vitest'
import { mentionsIn } from '../../src/incidents/mentions.ts'
import { commentFault, extendTimeline, TIMELINE_LIMITS, type Timeline } from '../../src/incidents/timeline.ts'
import type { IncidentEvent } from '../../src/protocol/incidents.ts'

const event = (n: number, kind: IncidentEvent['kind'], text = ''): IncidentEvent => ({ id: `${n}`, at: n, kind, by: null, text })

test('beyond 500 events the oldest that is no comment is left out and counted; the first and every comment stay', () => {
  let timeline: Timeline = { events: [event(1, 'opened')], omitted: 0 }
  for (let n = 2; n <= 2_000; n++) {
    timeline = extendTimeline(timeline, event(n, n % 10 === 0 ? 'commented' : n % 2 === 0 ? 'flapping' : 'steady'))
    expect(timeline.events.length).toBeLessThanOrEqual(TIMELINE_LIMITS.events)
  }
  expect(timeline.events).toHaveLength(500)
  expect(timeline.omitted).toBe(1_500)
  expect(timeline.events[0]).toMatchObject({ id: '1', kind: 'opened' })
  expect(timeline.events.filter(({ kind }) => kind === 'commented')).toHaveLength(200)
  expect(timeline.events.at(-1)?.id).toBe('2000')
  const ids = timeline.events.map(({ at }) => at)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
})

test('comments are bounded by number and by length, and a refusal says by which', () => {
  const many = Array.from({ length: 400 }, (_, n) => event(n, 'commented', 'x'))
  expect(commentFault(many.slice(1), 'y')).toBeNull()
  expect(commentFault(many, 'y')).toContain('400 comments')
  const long = Array.from({ length: 26 }, (_, n) => event(n, 'commented', 'x'.repeat(10_000)))
  expect(commentFault(long, 'y'.repeat(2_144))).toBeNull()
  expect(commentFault(long, 'y'.repeat(2_145))).toContain('262144 characters')
})

test('mentions: names after an @ that begins a word, each once, fifty at most', () => {
  expect(mentionsIn('@ann and @ann, (@bob) @carol-ann_2.')).toEqual(['ann', 'bob', 'carol-ann_2'])
  expect(mentionsIn('ann@example.com, @@x, https://a.b/@c, @, @-x')).toEqual([])
  expect(mentionsIn('<b>@ann</b> @everyone @李雷')).toEqual(['ann', 'everyone', '李雷'])
  expect(mentionsIn(Array.from({ length: 80 }, (_, n) => `@n${n}`).join(' '))).toHaveLength(50)
  const startedAt = performance.now()
  mentionsIn(`@${'a.'.repeat(5_000)}`.repeat(1))
  mentionsIn('@'.repeat(10_000))
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

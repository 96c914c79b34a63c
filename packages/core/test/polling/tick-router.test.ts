import { expect, test } from 'vitest'
import { timerScheduler } from '../../src/memory/index.ts'
import { createTickRouter, DEFAULT_LANE } from '../../src/polling/tick-router.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Schedule } from '../../src/ports/scheduler.ts'
import { testClock } from '../../src/testing/index.ts'

const schedule = (id: string, kind: string, everyMs = 1_000): Schedule => ({
  id,
  kind,
  payload: '{}',
  everyMs,
  offsetMs: 500,
  lane: DEFAULT_LANE,
})

const setUp = () => {
  const clock = testClock()
  const said: string[] = []
  const note = (_: object, message: string) => void said.push(message)
  const scheduler = timerScheduler({ clock })
  const ticks = createTickRouter({ scheduler, logger: { ...silentLogger(), warn: note, error: note } })
  return { clock, said, scheduler, ticks }
}

test('ticks go to whoever put schedules of their kind, from the start on', async () => {
  const { clock, ticks } = setUp()
  const ran: string[] = []
  await ticks.put([schedule('p', 'poll')], async ({ schedule: { id } }) => ran.push(id))
  await ticks.put([schedule('c', 'check', 2_000)], async ({ schedule: { id } }) => ran.push(id))
  await clock.advance(5_000)
  expect(ran).toEqual([])
  await ticks.start()
  await clock.advance(4_000)
  expect(ran.filter((id) => id === 'p')).toHaveLength(4)
  expect(ran.filter((id) => id === 'c')).toHaveLength(2)
  await ticks.remove(['p'])
  ran.length = 0
  await clock.advance(4_000)
  expect(ran).toEqual(['c', 'c'])
  await ticks.close()
  await clock.advance(4_000)
  expect(ran).toEqual(['c', 'c'])
})

test('a tick of a kind that nobody runs here, and one whose work fails, harm no other', async () => {
  const { clock, said, scheduler, ticks } = setUp()
  let ran = 0
  await scheduler.put([schedule('x', 'unknown')])
  await ticks.put([schedule('bad', 'bad')], async () => {
    throw new Error('broken')
  })
  await ticks.put([schedule('good', 'good')], async () => ++ran)
  await ticks.start()
  await clock.advance(2_000)
  expect(ran).toBe(2)
  expect(new Set(said)).toEqual(new Set(['A tick of a kind that nobody here runs was skipped.', 'A tick failed.']))
  await ticks.close()
})

import { expect, test, vi } from 'vitest'
import { silentLogger } from '../src/index.ts'
import { createRareWarning } from '../src/rare-warning.ts'
import { testClock } from '../src/testing/index.ts'

test('the first of many is told at once, and one a minute after it says how many there were', async () => {
  const clock = testClock()
  const warn = vi.fn()
  const warnOf = createRareWarning({ clock, logger: { ...silentLogger(), warn } })
  for (let index = 0; index < 300; index++) warnOf({ index }, 'It could not be read.')
  expect(warn.mock.calls).toEqual([[{ index: 0, times: 1 }, 'It could not be read.']])
  await clock.advance(60_000)
  warnOf({ index: 300 }, 'It could not be read.')
  warnOf({ index: 301 }, 'It could not be read.')
  expect(warn.mock.calls.slice(1)).toEqual([[{ index: 300, times: 300 }, 'It could not be read.']])
})

import { expect, test } from 'vitest'
import { createTransactionRest } from '../../src/sqlite/transaction-rest.ts'

/** Transactions of so many ms, one as soon as it may after the other, for `forMs`; answers with the share of the time that they had. */
const shareOfWriting = (transactionMs: number, forMs: number): number => {
  const rest = createTransactionRest()
  let [now, written] = [0, 0]
  while (now < forMs) {
    now += rest.waitMs(now, 0)
    rest.worked({ from: now, until: now + transactionMs })
    now += transactionMs
    written += transactionMs
  }
  return written / now
}

test('a burst does not wait; what goes on and on leaves a third of the time to everything else', () => {
  expect(shareOfWriting(10, 40)).toBe(1)
  for (const transactionMs of [1, 20, 200]) expect(shareOfWriting(transactionMs, 60_000)).toBeCloseTo(2 / 3, 2)
})

test('rest that there was anyway is not asked for again', () => {
  const rest = createTransactionRest()
  rest.worked({ from: 0, until: 100 })
  expect(rest.waitMs(100, 0)).toBe(25)
  expect(rest.waitMs(120, 0)).toBe(5)
  expect(rest.waitMs(200, 0)).toBe(0)
  rest.worked({ from: 200, until: 210 })
  expect(rest.waitMs(210, 0)).toBe(0)
  expect(rest.waitMs(210, 30)).toBe(30)
})

test('after a migration of minutes nobody waits for minutes', () => {
  const rest = createTransactionRest()
  rest.worked({ from: 0, until: 600_000 })
  expect(rest.waitMs(600_000, 0)).toBeLessThan(500)
})

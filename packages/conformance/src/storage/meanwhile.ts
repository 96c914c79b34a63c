import assert from 'node:assert/strict'

/**
 * Looks again and again while work goes on, giving everybody else a turn in between, and once more afterwards; fails
 * where the work does not end.
 */
export const meanwhile = async (work: Promise<unknown>, look: () => Promise<void>, withinMs = 15_000): Promise<void> => {
  let isDone = false
  const settled = work.then(
    () => {
      isDone = true
    },
    () => {
      isDone = true
    },
  )
  for (const giveUpAt = performance.now() + withinMs; !isDone; ) {
    assert.ok(performance.now() < giveUpAt, `what goes on meanwhile does not end within ${withinMs} ms`)
    await look()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await settled
  await look()
  await work
}

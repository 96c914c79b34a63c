import assert from 'node:assert/strict'
import { type ErrorCode, SightlineError } from '@sightline/core'

/** Asserts that the call rejects with a `SightlineError` of that code; an answer, or any other error, fails. */
export const rejectsWith = async (code: ErrorCode, call: () => Promise<unknown>): Promise<void> => {
  let thrown: unknown
  try {
    const answer = await call()
    assert.fail(`expected a rejection with ${code}, got the answer ${JSON.stringify(answer)}`)
  } catch (caught) {
    thrown = caught
  }
  if (thrown instanceof assert.AssertionError) throw thrown
  assert.ok(thrown instanceof Error && thrown.name === 'SightlineError', `expected a SightlineError, got ${String(thrown)}`)
  assert.equal(SightlineError.from(thrown).code, code, `expected ${code}, got: ${thrown.message}`)
}

import { describe, expect, test } from 'vitest'
import { failureOf } from '../../src/feed/feed-failure.ts'

const error = (code: number | undefined, message = '', errorLabels: readonly string[] = []) => ({ code, message, errorLabels })

describe('what the end of a change stream means', () => {
  test.each([
    [error(40573, 'The $changeStream stage is only supported on replica sets'), 'unsupported'],
    [error(40324, "Unrecognized pipeline stage name: '$changeStream'"), 'unsupported'],
    [error(238, 'not implemented'), 'unsupported'],
    [error(303, 'Feature not supported: $changeStream'), 'unsupported'],
    [error(136, 'modifyChangeStreams has not been run for this collection'), 'unsupported'],
    [error(13, 'not authorized'), 'unsupported'],
    [error(286, 'Resume of change stream was not possible'), 'lost'],
    [error(280, 'cannot resume stream'), 'lost'],
    [error(260, 'invalid token'), 'lost'],
    [error(1, 'something', ['NonResumableChangeStreamError']), 'lost'],
    [error(undefined, 'A change stream document has been received that lacks a resume token (_id).'), 'lost'],
    [error(189, 'PrimarySteppedDown'), 'network'],
    [error(undefined, 'connection 3 to 127.0.0.1:27017 closed'), 'network'],
    [error(8, 'unknown error'), 'refused'],
    [{ name: 'MongoServerError', message: 'Unknown error: null' }, 'refused'],
    [null, 'network'],
  ] as const)('%j: %s', (thrown, failure) => {
    expect(failureOf(thrown)).toBe(failure)
  })
})

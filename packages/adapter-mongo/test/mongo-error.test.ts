import { MongoBulkWriteError, MongoNetworkError, MongoNetworkTimeoutError, MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { duplicatesOf, meaningOf, toStorageError } from '../src/mongo-error.ts'

const serverError = (code: number): Error => new MongoServerError({ message: 'secret value', code })
const bulkError = (error: object, concerns: readonly object[] = []): Error =>
  new MongoBulkWriteError(error as never, { getWriteConcernError: () => concerns[0] } as never)

describe('what an error means', () => {
  test.each([
    [11000, 'duplicate'],
    [121, 'refused'],
    [13, 'unavailable'],
    [50, 'timeout'],
    [64, 'timeout'],
    [10107, 'unknown'],
    [189, 'unknown'],
    [424242, null],
  ] as const)('code %i: %s', (code, meaning) => {
    expect(meaningOf(serverError(code))).toBe(meaning)
  })

  test('a lost connection leaves the outcome unknown, also inside a bulk write', () => {
    expect(meaningOf(new MongoNetworkError('connection closed'))).toBe('unknown')
    expect(meaningOf(new MongoNetworkTimeoutError('timed out'))).toBe('timeout')
    expect(meaningOf(bulkError(new MongoNetworkError('connection closed')))).toBe('unknown')
  })

  test('a name that is not found: no server was asked', () => {
    const thrown = Object.assign(new Error('querySrv ENOTFOUND secret'), { code: 'ENOTFOUND', syscall: 'querySrv' })
    expect(toStorageError(thrown)).toMatchObject({ code: 'UNAVAILABLE', message: 'MongoDB cannot be used (Error ENOTFOUND).' })
  })

  test('not yet on a majority is a timeout, whatever else was refused', () => {
    const duplicate = { message: 'E11000', code: 11000, writeErrors: [{ index: 0, code: 11000 }] }
    expect(meaningOf(bulkError(duplicate, [{ code: 64 }]))).toBe('timeout')
    expect(duplicatesOf(bulkError(duplicate, [{ code: 64 }]))).toBeNull()
  })
})

describe('the duplicates of a bulk write', () => {
  test('are told by their places', () => {
    const writeErrors = [1, 3].map((index) => ({ index, code: 11000 }))
    expect(duplicatesOf(bulkError({ message: 'E11000', code: 11000, writeErrors }))).toEqual(new Set([1, 3]))
  })

  test('are not told where anything else went wrong, or nobody knows how far it came', () => {
    const writeErrors = [
      { index: 0, code: 11000 },
      { index: 1, code: 121 },
    ]
    expect(duplicatesOf(bulkError({ message: 'E11000', code: 11000, writeErrors }))).toBeNull()
    expect(duplicatesOf(bulkError(new MongoNetworkError('connection closed')))).toBeNull()
    expect(duplicatesOf(serverError(11000))).toBeNull()
  })
})

describe('the error a caller sees', () => {
  test.each([
    [serverError(121), 'INVALID_INPUT'],
    [serverError(13), 'UNAVAILABLE'],
    [serverError(10107), 'UNAVAILABLE'],
    [serverError(50), 'TIMEOUT'],
    [serverError(424242), 'INTERNAL'],
  ] as const)('%s: %s', (thrown, code) => {
    const error = toStorageError(thrown)
    expect(error.code).toBe(code)
    expect(error.message).not.toContain('secret')
    expect(error.cause).toBe(thrown)
  })

  test('says of a write whether it is known to have failed', () => {
    expect(toStorageError(serverError(121)).message).toMatch(/nothing was written/)
    expect(toStorageError(serverError(10107)).message).toMatch(/unknown/)
  })
})

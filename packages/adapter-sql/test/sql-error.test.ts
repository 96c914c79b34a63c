import { SightlineError } from '@sightline/core/protocol'
import { expect, test } from 'vitest'
import { isRefusal, toStorageError } from '../src/sql-error.ts'

const sqlite = (errcode: number, errstr: string, message = errstr): Error =>
  Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode, errstr })
const postgres = (code: string): Error => Object.assign(new Error('detail with a secret'), { code })
const system = (code: string): Error => Object.assign(new Error(`${code}: secret`), { code })

/** How each failure reads to a caller, and whether others of its batch may do better alone. */
test.each([
  ['busy', sqlite(5, 'database is locked'), 'UNAVAILABLE', false],
  ['busy while another recovers (an extended code)', sqlite(261, 'database is locked'), 'UNAVAILABLE', false],
  ['read-only', sqlite(8, 'attempt to write a readonly database'), 'UNAVAILABLE', false],
  ['disk I/O', sqlite(778, 'disk I/O error'), 'UNAVAILABLE', false],
  ['full', sqlite(13, 'database or disk is full'), 'UNAVAILABLE', false],
  ['cannot open', sqlite(14, 'unable to open database file'), 'UNAVAILABLE', false],
  ['corrupt', sqlite(11, 'database disk image is malformed'), 'INCOMPATIBLE', true],
  ['not a database', sqlite(26, 'file is not a database'), 'INCOMPATIBLE', true],
  ['constraint (an extended code)', sqlite(1_299, 'constraint failed', 'NOT NULL failed: secret'), 'INVALID_INPUT', true],
  ['too big', sqlite(18, 'string or blob too big'), 'INVALID_INPUT', true],
  ['no table', sqlite(1, 'SQL logic error', 'no such table: sightline_heads'), 'UNAVAILABLE', false],
  ['a bad query', sqlite(1, 'SQL logic error', 'near "secret": syntax error'), 'INTERNAL', true],
  ['connection refused', system('ECONNREFUSED'), 'UNAVAILABLE', false],
  ['no such host', system('ENOTFOUND'), 'UNAVAILABLE', false],
  ['pipe', system('EPIPE'), 'UNAVAILABLE', false],
  ['no permission on the file', system('EACCES'), 'UNAVAILABLE', false],
  ['the connection ended, as pg words it', new Error('Connection terminated unexpectedly'), 'UNAVAILABLE', false],
  ['no connection in time, as pg words it', new Error('timeout exceeded when trying to connect'), 'UNAVAILABLE', false],
  ['server shutting down', postgres('57P01'), 'UNAVAILABLE', false],
  ['connection exception', postgres('08006'), 'UNAVAILABLE', false],
  ['too many connections', postgres('53300'), 'UNAVAILABLE', false],
  ['wrong password', postgres('28P01'), 'UNAVAILABLE', false],
  ['no such database', postgres('3D000'), 'UNAVAILABLE', false],
  ['canceled', postgres('57014'), 'TIMEOUT', false],
  ['deadlock', postgres('40P01'), 'UNAVAILABLE', false],
  ['serialization', postgres('40001'), 'UNAVAILABLE', false],
  ['undefined table', postgres('42P01'), 'UNAVAILABLE', false],
  ['text PostgreSQL cannot hold', postgres('22021'), 'INVALID_INPUT', true],
  ['not null', postgres('23502'), 'INVALID_INPUT', true],
  ['an index row too large', postgres('54000'), 'INVALID_INPUT', true],
  ['a bad query', postgres('42601'), 'INTERNAL', true],
  ['anything else', new TypeError('secret'), 'INTERNAL', true],
  ['not even an error', 'secret', 'INTERNAL', true],
])('%s', (_, thrown, code, isOnesOwn) => {
  const error = toStorageError(thrown, 'SQLite at store.db')
  expect(error).toBeInstanceOf(SightlineError)
  expect(error.code).toBe(code)
  expect(error.message).toContain('SQLite at store.db')
  expect(error.message).not.toContain('secret')
  expect(error.cause).toBe(thrown)
  expect(isRefusal(error)).toBe(isOnesOwn)
})

test('an error of ours stays as it is', () => {
  const error = new SightlineError('INVALID_INPUT', 'no')
  expect(toStorageError(error, 'anywhere')).toBe(error)
})

/** What an operator reads while nothing was sent, or knows what to do about. */
test.each([
  [system('ECONNREFUSED'), 'PostgreSQL cannot be reached (ECONNREFUSED); nothing was written.'],
  [system('ENOTFOUND'), 'PostgreSQL cannot be reached (ENOTFOUND); nothing was written.'],
  [system('ECONNRESET'), 'The connection to PostgreSQL was lost; whether it wrote is unknown.'],
  [postgres('3D000'), 'PostgreSQL cannot be used (no such database, 3D000).'],
  [postgres('28P01'), 'PostgreSQL cannot be used (wrong user or password, 28P01).'],
  [postgres('53100'), 'PostgreSQL cannot be used (53100).'],
])('%s reads: %s', (thrown, message) => {
  expect(toStorageError(thrown, 'PostgreSQL').message).toBe(message)
})

import { SightlineError } from '@sightline/core/protocol'

/**
 * What a driver's error means to a caller. `busy`: another holds the lock, nothing was done, try again. `schema-missing`: the tables are
 * gone, nothing was done. `unknown`: it may have been done.
 */
type Meaning = 'busy' | 'schema-missing' | 'refused' | 'unreadable' | 'unavailable' | 'timeout' | 'unknown'

const sqliteMeanings: Readonly<Record<number, Meaning>> = {
  3: 'unavailable', // PERM
  5: 'busy',
  6: 'busy', // LOCKED
  8: 'unavailable', // READONLY
  9: 'timeout', // INTERRUPT
  10: 'unavailable', // IOERR
  11: 'unreadable', // CORRUPT
  13: 'unavailable', // FULL
  14: 'unavailable', // CANTOPEN
  15: 'busy', // PROTOCOL: the locks of the WAL were contended
  17: 'busy', // SCHEMA: another process migrated
  18: 'refused', // TOOBIG
  19: 'refused', // CONSTRAINT
  20: 'refused', // MISMATCH
  23: 'unavailable', // AUTH
  26: 'unreadable', // NOTADB
}

/** By SQLSTATE, then by its class. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const postgresMeanings: Readonly<Record<string, Meaning>> = {
  '40001': 'busy', // serialization_failure
  '40P01': 'busy', // deadlock_detected
  '55P03': 'busy', // lock_not_available
  // Two inserted at once what each had found missing: the second decides again on what the first wrote.
  '23505': 'busy', // unique_violation
  '42P07': 'busy', // duplicate_table: another process migrates
  '42P01': 'schema-missing', // undefined_table
  '57014': 'timeout', // query_canceled
  '25006': 'unavailable', // read_only_sql_transaction
  '42501': 'unavailable', // insufficient_privilege
  '22': 'refused', // data_exception
  '23': 'refused', // integrity_constraint_violation
  '54': 'refused', // program_limit_exceeded
  '08': 'unknown', // connection_exception
  '57': 'unknown', // operator_intervention: the server is going down
  '53': 'unavailable', // insufficient_resources
  '28': 'unavailable', // invalid_authorization_specification
  '3D': 'unavailable', // invalid_catalog_name
  '58': 'unavailable', // system_error
}

/** What an operator can do something about, in words beside its code. */
const postgresReasons: Readonly<Record<string, string>> = {
  '3D000': 'no such database, 3D000',
  '28P01': 'wrong user or password, 28P01',
  '28000': 'the server does not let this user in, 28000',
  '42501': 'this user lacks a privilege, 42501',
  '53300': 'the server has too many connections, 53300',
}

/** Only said while a connection is opened, so that nothing was sent. */
const neverConnected = /^(ECONNREFUSED|ENOTFOUND|EAI_)/

/** Where a connection is lost, Node says so in `code`, and pg in words only. */
const lostConnection =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOENT)|Connection terminated|timeout exceeded when trying to connect/

/** What the file system says of a database's file or directory. */
const unusableFile = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EISDIR', 'ENOTDIR', 'EEXIST', 'EMFILE', 'EIO'])

export const meaningOf = (thrown: unknown): Meaning | null => {
  if (!(thrown instanceof Error)) return null
  const { code, errcode } = thrown as { readonly code?: unknown; readonly errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number') {
    // The low byte is the primary code. https://www.sqlite.org/rescode.html
    if ((errcode & 0xff) === 1) return sqlErrorMeaning(thrown.message)
    return sqliteMeanings[errcode & 0xff] ?? null
  }
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')) {
    return postgresMeanings[code] ?? postgresMeanings[code.slice(0, 2)] ?? null
  }
  if (typeof code === 'string' && unusableFile.has(code)) return 'unavailable'
  return lostConnection.test(typeof code === 'string' ? code : thrown.message) || lostConnection.test(thrown.message)
    ? 'unknown'
    : null
}

/**
 * The error a caller sees. `where` names the database without any secret: `SQLite at ./data/sightline.db`. The driver's own error is the
 * cause; its text stays out of the message, because it may quote what was written.
 */
export const toStorageError = (thrown: unknown, where: string): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const details = { cause: thrown }
  switch (meaningOf(thrown)) {
    case 'busy':
      return new SightlineError('UNAVAILABLE', `${where} is locked by another process; nothing was written.`, details)
    case 'schema-missing':
      return new SightlineError('UNAVAILABLE', `${where} has lost its tables.`, details)
    case 'refused':
      return new SightlineError(
        'INVALID_INPUT',
        `${where} refused the values (${reasonOf(thrown)}); nothing was written.`,
        details,
      )
    case 'unreadable':
      return new SightlineError('INCOMPATIBLE', `${where} is not a readable database (${reasonOf(thrown)}).`, details)
    case 'unavailable':
      return new SightlineError('UNAVAILABLE', `${where} cannot be used (${reasonOf(thrown)}).`, details)
    case 'timeout':
      return new SightlineError('TIMEOUT', `${where} took too long; whether it wrote is unknown.`, details)
    case 'unknown':
      if (neverConnected.test(reasonOf(thrown)))
        return new SightlineError(
          'UNAVAILABLE',
          `${where} cannot be reached (${reasonOf(thrown)}); nothing was written.`,
          details,
        )
      return new SightlineError('UNAVAILABLE', `The connection to ${where} was lost; whether it wrote is unknown.`, details)
    default:
      return new SightlineError('INTERNAL', `${where} failed in an unforeseen way.`, details)
  }
}

/** Did the database judge the values, so that others of the same batch may do better alone? Otherwise all would fail alike. */
export const isRefusal = (thrown: unknown): boolean =>
  !(thrown instanceof SightlineError) || (thrown.code !== 'UNAVAILABLE' && thrown.code !== 'TIMEOUT')

/** SQLite has one code for all that is wrong with a query, and tells these apart by their text only. */
const sqlErrorMeaning = (message: string): Meaning | null => {
  if (message.startsWith('no such table')) return 'schema-missing'
  // A transaction of the host's on its own connection.
  return message.startsWith('cannot start a transaction within a transaction') ? 'busy' : null
}

/** SQLite's own short text, or PostgreSQL's SQLSTATE: neither quotes values. */
const reasonOf = (thrown: unknown): string => {
  const { errstr, code } = thrown as { readonly errstr?: unknown; readonly code?: unknown }
  return typeof errstr === 'string' ? errstr : (postgresReasons[String(code)] ?? String(code))
}

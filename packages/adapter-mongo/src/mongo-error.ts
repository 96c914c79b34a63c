import { SightlineError } from '@sightline/core/protocol'

/**
 * What a driver's error means to a caller. `unknown` and `timeout`: it may have been done. `unavailable`: it was not. `duplicate`: a primary key
 * or a unique field is taken.
 */
export type Meaning = 'duplicate' | 'refused' | 'unavailable' | 'timeout' | 'unknown'

/** By code. https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml */
const meanings: Readonly<Record<number, Meaning>> = {
  11000: 'duplicate', // DuplicateKey
  11001: 'duplicate',
  12582: 'duplicate',
  2: 'refused', // BadValue
  9: 'refused', // FailedToParse
  14: 'refused', // TypeMismatch
  15: 'refused', // Overflow
  52: 'refused', // DollarPrefixedFieldName
  56: 'refused', // EmptyFieldName
  57: 'refused', // DottedFieldName
  121: 'refused', // DocumentValidationFailure
  10334: 'refused', // BSONObjectTooLarge
  17280: 'refused', // KeyTooLong
  17419: 'refused', // an update would make the document too large
  17420: 'refused', // an insert is too large
  13: 'unavailable', // Unauthorized
  18: 'unavailable', // AuthenticationFailed
  8000: 'unavailable', // Atlas: not allowed, or no such user
  26: 'unavailable', // NamespaceNotFound
  14031: 'unavailable', // OutOfDiskSpace
  24: 'timeout', // LockTimeout
  50: 'timeout', // MaxTimeMSExpired
  202: 'timeout', // NetworkInterfaceExceededTimeLimit
  262: 'timeout', // ExceededTimeLimit
  // The write is on the primary, and not, or not yet, on a majority.
  64: 'timeout', // WriteConcernFailed
  6: 'unknown', // HostUnreachable
  7: 'unknown', // HostNotFound
  89: 'unknown', // NetworkTimeout
  91: 'unknown', // ShutdownInProgress
  189: 'unknown', // PrimarySteppedDown
  9001: 'unknown', // SocketException
  10058: 'unknown', // LegacyNotPrimary
  10107: 'unknown', // NotWritablePrimary
  11600: 'unknown', // InterruptedAtShutdown
  11601: 'unknown', // Interrupted
  11602: 'unknown', // InterruptedDueToReplStateChange
  13435: 'unknown', // NotPrimaryNoSecondaryOk
  13436: 'unknown', // NotPrimaryOrSecondary
}

/** By name: the errors that the driver itself makes. No server was asked for the first group. */
const driverMeanings: Readonly<Record<string, Meaning>> = {
  MongoServerSelectionError: 'unavailable',
  MongoNotConnectedError: 'unavailable',
  MongoTopologyClosedError: 'unavailable',
  MongoClientClosedError: 'unavailable',
  MongoWaitQueueTimeoutError: 'unavailable',
  MongoParseError: 'unavailable',
  MongoMissingCredentialsError: 'unavailable',
  MongoNetworkError: 'unknown',
  MongoNetworkTimeoutError: 'timeout',
  MongoOperationTimeoutError: 'timeout',
  MongoPoolClearedError: 'unknown',
  PoolClearedError: 'unknown',
  PoolClosedError: 'unavailable',
  PoolClearedOnNetworkError: 'unknown',
  MongoPoolClosedError: 'unavailable',
  MongoExpiredSessionError: 'unavailable',
  BSONError: 'refused',
  BSONRuntimeError: 'refused',
  BSONVersionError: 'refused',
  BSONOffsetError: 'refused',
  MongoInvalidArgumentError: 'refused',
}

interface DriverError extends Error {
  readonly code?: unknown
  readonly writeErrors?: unknown
  /** What interrupted a bulk write: the driver wraps it, without its class. */
  readonly errorResponse?: unknown
  readonly result?: { getWriteConcernError?(): unknown }
}

export const meaningOf = (thrown: unknown): Meaning | null => {
  if (!(thrown instanceof Error)) return null
  const { code, name, errorResponse, result } = thrown as DriverError
  // On the primary, and not, or not yet, on a majority.
  if (name === 'MongoWriteConcernError' || hasConcern(result)) return 'timeout'
  if (typeof code === 'number' && code in meanings) return meanings[code] as Meaning
  if (name === 'MongoBulkWriteError') return meaningOf(errorResponse) ?? 'unknown'
  if (name in driverMeanings) return driverMeanings[name] as Meaning
  // A name that is looked up for `mongodb+srv://`, before any server is asked.
  if ('syscall' in thrown) return 'unavailable'
  // What the driver says of a document that is too large for one message, it says without a class of its own.
  if (/document is larger than the maximum size|offset is out of range|is out of range.*Received/s.test(thrown.message))
    return 'refused'
  return null
}

/** The operations of a bulk write that were refused because their key is taken; null where anything else went wrong. */
export const duplicatesOf = (thrown: unknown): ReadonlySet<number> | null => {
  if (!(thrown instanceof Error)) return null
  const { writeErrors, result } = thrown as DriverError
  if (writeErrors === undefined || hasConcern(result)) return null
  const errors = (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as readonly { index: number; code: number }[]
  // Without any it was interrupted: nobody knows how far it came.
  if (errors.length === 0) return null
  return errors.every(({ code }) => meanings[code] === 'duplicate') ? new Set(errors.map(({ index }) => index)) : null
}

const hasConcern = (result: DriverError['result']): boolean => (result?.getWriteConcernError?.() ?? null) !== null

/** The error a caller sees. The driver's own error is the cause; its text stays out of the message, because it may quote what was written. */
export const toStorageError = (thrown: unknown): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const details = { cause: thrown }
  switch (meaningOf(thrown)) {
    case 'duplicate':
      return new SightlineError(
        'INCOMPATIBLE',
        'MongoDB refused a key that is taken: the collection has a unique index which is not of this software.',
        details,
      )
    case 'refused':
      return new SightlineError(
        'INVALID_INPUT',
        `MongoDB refused the values (${reasonOf(thrown)}); nothing was written.`,
        details,
      )
    case 'unavailable':
      return new SightlineError('UNAVAILABLE', `MongoDB cannot be used (${reasonOf(thrown)}).`, details)
    case 'timeout':
      return new SightlineError('TIMEOUT', 'MongoDB took too long; whether it wrote is unknown.', details)
    case 'unknown':
      return new SightlineError('UNAVAILABLE', 'The connection to MongoDB was lost; whether it wrote is unknown.', details)
    default:
      return new SightlineError('INTERNAL', 'MongoDB failed in an unforeseen way.', details)
  }
}

const reasonOf = (thrown: unknown): string => {
  const { code, name } = thrown as DriverError
  return typeof code === 'number' || typeof code === 'string' ? `${name} ${code}` : name
}

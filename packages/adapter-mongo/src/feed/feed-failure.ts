/**
 * What the end of a change stream means. `unsupported`: this server will not serve one, now. `lost`: the position is no longer known, and what came
 * since may be missing. `refused`: for a reason that is not known. `network`: there was no answer, or one of a server that is going down.
 */
export type FeedFailure = 'unsupported' | 'lost' | 'refused' | 'network'

/** By code, and what other makers' servers say in words alone. https://www.mongodb.com/docs/manual/changeStreams/ */
const unsupportedCodes = new Set([
  40573, // $changeStream is only supported on replica sets
  40324, // unrecognised pipeline stage
  238, // NotImplemented
  115, // CommandNotSupported
  59, // CommandNotFound
  303, // Amazon: feature not supported
  304, // Amazon
  13, // Unauthorized: there may be one, but not for this user
  8000, // Atlas: not allowed on this tier
])
const unsupportedWords =
  /only supported on replica sets|unrecognized pipeline stage|not (?:yet )?(?:implemented|supported)|modifyChangeStreams|change ?streams? (?:is|are) (?:not|disabled)|not been enabled/i

const lostCodes = new Set([
  286, // ChangeStreamHistoryLost
  280, // ChangeStreamFatalError
  136, // CappedPositionLost
  222, // CloseChangeStream
  260, // InvalidResumeToken
  40585, // the resume token was not found
  40615, // the resume token does not belong to the stream
])

/** What a server says while it goes down or changes its role: another answers soon. */
const passingCodes = new Set([6, 7, 43, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436])

export const failureOf = (thrown: unknown): FeedFailure => {
  const {
    code,
    name,
    message = '',
    errorLabels,
  } = (thrown ?? {}) as {
    readonly code?: unknown
    readonly name?: unknown
    readonly message?: string
    readonly errorLabels?: unknown
  }
  if (typeof code === 'number') {
    if (unsupportedWords.test(message) || unsupportedCodes.has(code)) return 'unsupported'
    if (lostCodes.has(code) || (Array.isArray(errorLabels) && errorLabels.includes('NonResumableChangeStreamError')))
      return 'lost'
    return passingCodes.has(code) ? 'network' : 'refused'
  }
  if (/resume token|does not match the resume/i.test(message)) return 'lost'
  return name === 'MongoServerError' ? 'refused' : 'network'
}

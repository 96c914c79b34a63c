import { type ErrorCode, SightlineError } from '@sightline/core'
import { retryAfterMs } from './retry-after.ts'

export interface PostRequest {
  /** Begins every message: `Slack`. */
  readonly who: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** What the other side answered when it took it. */
export interface PostAnswer {
  readonly headers: Headers
  /** The body's beginning. */
  readonly text: string
}

/** So much of an answer is read, however much there is. */
const MOST_ANSWER_BYTES = 65_536

/**
 * Posts JSON once; redirects are not followed, for they would carry the message elsewhere. What was not taken rejects with a code that says
 * whether waiting helps. No message names the URL, a header, or what was answered: any of them may hold a secret.
 */
export const postJson = async ({ who, url, headers, body, signal }: PostRequest): Promise<PostAnswer> => {
  const answer = await reach(who, signal, () =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal,
      redirect: 'manual',
    }),
  )
  const text = await reach(who, signal, () => readBeginning(answer))
  if (answer.ok) return { headers: answer.headers, text }
  const asked = retryAfterMs(answer.headers, text)
  throw new SightlineError(codeOf(answer.status), `${who} answered with status ${answer.status}.`, {
    ...(asked === null ? {} : { retryAfterMs: asked }),
  })
}

const reach = async <T>(who: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
  try {
    return await call()
  } catch (thrown) {
    if (signal.aborted) throw abortedError(who, signal)
    throw new SightlineError('UNAVAILABLE', `${who} could not be reached${reasonOf(thrown)}.`)
  }
}

/** Nobody waits any more. */
export const abortedError = (who: string, signal: AbortSignal): SightlineError =>
  signal.reason instanceof SightlineError ? signal.reason : new SightlineError('ABORTED', `${who} was no longer waited for.`)

/** The system's or the library's own name of the failure, which names no address: ` (ECONNREFUSED)`. */
export const reasonOf = (thrown: unknown): string => {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? ` (${code})` : ''
}

const codeOf = (status: number): ErrorCode => {
  if (status === 429) return 'TOO_MANY_REQUESTS'
  if (status === 408 || status === 425 || status >= 500) return 'UNAVAILABLE'
  if (status === 401 || status === 407) return 'UNAUTHENTICATED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 413) return 'TOO_LARGE'
  if (status === 400 || status === 415 || status === 422) return 'INVALID_INPUT'
  return status === 409 ? 'CONFLICT' : 'NOT_FOUND'
}

const readBeginning = async (answer: Response): Promise<string> => {
  const reader = answer.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  while (bytes < MOST_ANSWER_BYTES) {
    const { done, value } = await reader.read()
    if (done) return text
    bytes += value.byteLength
    text += decoder.decode(value.subarray(0, MOST_ANSWER_BYTES), { stream: true })
  }
  // The rest is not wanted; the connection goes with it.
  await reader.cancel()
  return text
}

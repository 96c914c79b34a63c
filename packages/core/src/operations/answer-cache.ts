import { sha1 } from '../changes/digest.ts'
import type { Cache } from '../ports/cache.ts'
import type { Clock } from '../ports/clock.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import { VERSION } from '../version.ts'

export interface AnswerCacheOptions {
  readonly cache: Cache
  readonly clock: Clock
}

/** A question, and how long its answer is kept, in ms. Default an hour. */
export interface Question {
  /** JSON; all of what the answer depends on. */
  readonly about: readonly unknown[]
  readonly ttlMs?: number | undefined
}

/** Answers that are dear to make, kept for whoever asks the same at any of the processes. */
export interface AnswerCache {
  /** How often the cache failed so far. */
  readonly failures: number
  /** The kept answer, else what `make` gives, which must be JSON. Fails only as `make` does: without its cache it is slower, and nothing else. */
  answer(question: Question, make: () => Promise<unknown>): Promise<unknown>
}

const DEFAULT_TTL_MS = 3_600_000
/** A cache that takes longer than this is slower than what it saves, in ms; then it is left alone for a while. */
const PATIENCE_MS = 250
const PAUSE_MS = 5_000

export const createAnswerCache = ({ cache, clock }: AnswerCacheOptions): AnswerCache => {
  let pausedUntil = Number.NEGATIVE_INFINITY
  let failures = 0

  const kept = async (name: string): Promise<string | null> =>
    withTimeout({ clock, timeoutMs: PATIENCE_MS, what: 'The cache did not answer' }, () => cache.get(name))

  const fill = (name: string, { ttlMs, make }: { readonly ttlMs: number; make(): Promise<string> }) => {
    if (cache.getOrSet !== undefined) return cache.getOrSet(name, make, { ttlMs })
    return make().then((text) => {
      cache.set(name, text, { ttlMs }).catch(() => {
        failures++
      })
      return text
    })
  }

  return {
    get failures() {
      return failures
    },
    answer: async ({ about, ttlMs = DEFAULT_TTL_MS }, make) => {
      if (clock.monotonic() < pausedUntil) return make()
      // Another version of this software may answer in another form.
      const name = `answer:${VERSION}:${sha1(JSON.stringify(about))}`
      let own: Promise<unknown> | null = null
      const makeText = async (): Promise<string> => {
        own = make()
        return JSON.stringify(await own)
      }
      try {
        const text = (await kept(name)) ?? (await fill(name, { ttlMs, make: makeText }))
        return own === null ? JSON.parse(text) : await own
      } catch {
        // Made here, it is what `make` says, whatever became of the cache meanwhile.
        if (own !== null) return own
        failures++
        pausedUntil = clock.monotonic() + PAUSE_MS
        return make()
      }
    },
  }
}

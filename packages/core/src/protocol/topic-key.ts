import type { Variant } from '../ports/transport.ts'
import { canonicalJson, sortedKeys } from './canonical-json.ts'

// A key is made with every render of a hook: what certainly is no JSON must not cost an exception.
const mayBeJson = /^[\t\n\r ]*(?:[-\d"[{]|true|false|null)/

const isJson = (text: string): boolean => {
  if (!mayBeJson.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// What `encodeURIComponent` leaves as it is.
const unreserved = /^[\w.!~*'()-]*$/

// A lone surrogate has no percent-encoding (`encodeURIComponent` throws); `%u` is never one of its results.
const percentEncode = (text: string): string =>
  unreserved.test(text)
    ? text
    : text.replace(/\p{Surrogate}|\P{Surrogate}+/gu, (part) =>
        /\p{Surrogate}/u.test(part) ? `%u${part.charCodeAt(0).toString(16)}` : encodeURIComponent(part),
      )

// A text that reads as JSON is quoted, so that '5' and 5 differ.
const spell = (value: unknown): string =>
  percentEncode(typeof value === 'string' && !isJson(value) ? value : canonicalJson(value))

/**
 * The one name of a topic with its parameters, the same whatever their order; no two topics share one. Parameters that are
 * `undefined` do not count.
 *
 * @example topicKey('metrics', { region: 'us-east', api: 'orders' }) // 'metrics?api=orders&region=us-east'
 */
export const topicKey = (name: string, params: Readonly<Record<string, unknown>> = {}): string => {
  const pairs = sortedKeys(params)
    .filter((key) => params[key] !== undefined)
    .map((key) => `${percentEncode(key)}=${spell(params[key])}`)
  return pairs.length === 0 ? percentEncode(name) : `${percentEncode(name)}?${pairs.join('&')}`
}

/** The room of version 1 of the wire: `metrics:<api>:<region>`. It stands for the default team. */
export const v1Room = (api: string, region: string): string => `metrics:${percentEncode(api)}:${percentEncode(region)}`

/** The room of a team's topic (its `topicKey`) in one variant: `patch:acme:metrics?api=orders`. Never one of version 1. */
export const roomOf = ({
  team,
  topic,
  variant,
}: {
  readonly team: string
  readonly topic: string
  readonly variant: Variant
}): string => `${variant}:${percentEncode(team)}:${topic}`

import type { Variant } from '../ports/transport.ts'
import { canonicalJson, sortedKeys } from './canonical-json.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// A text that reads as JSON is quoted, so that '5' and 5 differ; so is one with lone surrogates, which have no percent-encoding.
const spell = (value: unknown): string =>
  encodeURIComponent(typeof value === 'string' && !isJson(value) && !/\p{Surrogate}/u.test(value) ? value : canonicalJson(value))

/**
 * The one name of a topic with its parameters, the same whatever their order; no two topics share one. Parameters that are
 * `undefined` do not count.
 *
 * @example topicKey('metrics', { region: 'us-east', api: 'orders' }) // 'metrics?api=orders&region=us-east'
 */
export const topicKey = (name: string, params: Readonly<Record<string, unknown>> = {}): string => {
  const pairs = sortedKeys(params).filter((key) => params[key] !== undefined).map((key) => `${spell(key)}=${spell(params[key])}`)
  return pairs.length === 0 ? spell(name) : `${spell(name)}?${pairs.join('&')}`
}

/** The room of version 1 of the wire: `metrics:<api>:<region>`. It stands for the default team. */
export const v1Room = (api: string, region: string): string => `metrics:${spell(api)}:${spell(region)}`

/** The room of a team's topic (its `topicKey`) in one variant: `patch:acme:metrics?api=orders`. Never one of version 1. */
export const roomOf = ({ team, topic, variant }: { readonly team: string; readonly topic: string; readonly variant: Variant }): string =>
  `${variant}:${spell(team)}:${topic}`

import type { Observation, Probe } from '@sightline/core'
import { type HttpProbeOptions, httpProbe } from '../src/index.ts'

export interface CollectOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number
  readonly etag?: string
}

/** One check under a timeout, as the engine makes it. */
export const collect = (probe: Probe, { timeoutMs = 5_000, etag }: CollectOptions = {}): Promise<Observation> =>
  probe.collect({ region: 'us-east', signal: AbortSignal.timeout(timeoutMs), ...(etag === undefined ? {} : { etag }) })

/** One check with a probe of its own, which is closed again. */
export const collectOnce = async (options: HttpProbeOptions, context: CollectOptions = {}): Promise<Observation> => {
  const probe = httpProbe(options)
  try {
    return await collect(probe, context)
  } finally {
    await probe.close?.()
  }
}

/** The document of an observation that has one, as text. */
export const textOf = (observation: Observation): string => {
  if (observation.outcome !== 'bytes') throw new Error(`no document, but ${faultOf(observation)}`)
  return Buffer.from(observation.bytes).toString('utf8')
}

/** Code and message of a failed observation, in one line. */
export const faultOf = (observation: Observation): string => {
  if (observation.outcome !== 'failed') return `outcome ${observation.outcome}`
  const { error } = observation
  return `${'code' in error ? error.code : error.name}: ${error.message}`
}

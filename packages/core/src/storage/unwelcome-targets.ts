import type { SightlineError } from '../errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Track } from './target-track.ts'

/** Targets whose last change storage refused for good: each is said once, until a change of it is taken. */
export interface UnwelcomeTargets {
  readonly size: number
  add(track: Track, refusal: SightlineError): void
  delete(track: Track): void
}

export const createUnwelcomeTargets = ({ logger }: { readonly logger: Logger }): UnwelcomeTargets => {
  const unwelcome = new Set<Track>()
  return {
    get size() {
      return unwelcome.size
    },
    add: (track, { code, message }) => {
      const { api, region } = track.key
      logger[unwelcome.has(track) ? 'debug' : 'error']({ code, api, region }, `A change was refused by storage: ${message}`)
      unwelcome.add(track)
    },
    delete: (track) => void unwelcome.delete(track),
  }
}

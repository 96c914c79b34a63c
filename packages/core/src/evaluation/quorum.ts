import type { Quorum } from '../protocol/services.ts'
import type { Signal } from './alarm.ts'

/** What one region says. `isHeard`: it was observed lately, and the monitor was well. */
export interface Vote {
  readonly isOn: boolean
  readonly isHeard: boolean
  /** false before it ever said anything: it counts nowhere. */
  readonly isKnown: boolean
  /** It is about to say something for the first time. */
  readonly isAwaited: boolean
}

/** How many of so many regions must agree. More than there are is all of them. */
export const quorumOf = (quorum: Quorum, regions: number, all: number): number => {
  if (quorum === 'any') return 1
  if (quorum === 'majority') return Math.floor(regions / 2) + 1
  if (quorum === 'all') return Math.max(1, regions)
  return Math.max(1, Math.min(quorum, all))
}

/**
 * What the regions say together. Those that are heard decide that it is so, once those that are about to begin have had their turn; that it is
 * over takes the last word of those that said so and are not heard any more as well, so that silence never ends anything. With nobody heard
 * there is no telling.
 */
export const judgeQuorum = (votes: readonly Vote[], quorum: Quorum): Signal => {
  let awaited = 0
  let heard = 0
  let heardOn = 0
  let lostOn = 0
  for (const { isOn, isHeard, isKnown, isAwaited } of votes) {
    if (isAwaited) awaited++
    if (!isKnown) continue
    if (!isHeard) lostOn += isOn ? 1 : 0
    else {
      heard++
      heardOn += isOn ? 1 : 0
    }
  }
  if (heard === 0) return 'hold'
  if (heardOn >= quorumOf(quorum, heard + awaited, votes.length)) return 'on'
  return heardOn + lostOn >= quorumOf(quorum, heard + lostOn, votes.length) ? 'hold' : 'off'
}

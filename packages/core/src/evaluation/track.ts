import type { Reading } from '../rules/rule.ts'
import type { EventWindow } from './event-window.ts'

/** How readings become "it is so". */
export interface TrackPolicy {
  readonly forMs: number
  readonly times: { readonly breaches: number; readonly of: number }
  readonly recoverAfter: number
}

/** What one region's readings of one rule amount to. Times are ms of a clock that never steps. */
export interface Track {
  /** false before the first reading: nothing is known. */
  readonly isRead: boolean
  readonly isOn: boolean
  /** Since when it is on; while it is not, since when it has been in breach, or null. */
  readonly since: number | null
  /** The last readings, the newest in the lowest bit: 1 is a breach. */
  readonly bits: number
  /** Good readings in a row while it is on. */
  readonly good: number
  /** What happened over time, where the rule is about a share of it. */
  readonly windows?: readonly EventWindow[]
}

export const unreadTrack: Track = { isRead: false, isOn: false, since: null, bits: 0, good: 0 }
/** What most tracks are most of the time, once for all of them. */
const quietTrack: Track = { ...unreadTrack, isRead: true }

const countOnes = (bits: number): number => {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

/** One reading more. `hold` leaves everything as it was, and so does what was observed before it came on. */
export const foldTrack = (track: Track, reading: Reading, at: number, policy: TrackPolicy): Track => {
  if (reading === 'hold' || (track.isOn && track.since !== null && at < track.since)) return track
  const isBreach = reading === 'breach'
  if (!isBreach && !track.isOn && track.bits === 0) return settled(track)
  const { breaches, of } = policy.times
  const bits = ((track.bits << 1) | (isBreach ? 1 : 0)) & (2 ** of - 1)
  const isInBreach = countOnes(bits) >= breaches
  if (track.isOn) {
    const good = isBreach ? 0 : track.good + 1
    if (good >= policy.recoverAfter && !isInBreach)
      return settled({ ...track, isRead: true, isOn: false, since: null, bits, good: 0 })
    return { ...track, isRead: true, bits, good }
  }
  const since = isInBreach ? (track.since ?? at) : null
  const isOn = since !== null && at - since >= policy.forMs
  return { ...track, isRead: true, isOn, since: isOn ? at : since, bits, good: 0 }
}

/** Nothing was heard for long: what was about to come on begins anew. What is on stays on. */
export const interruptTrack = (track: Track): Track =>
  track.isOn || (track.since === null && track.bits === 0) ? track : settled({ ...track, since: null, bits: 0 })

const settled = (track: Track): Track =>
  track.windows === undefined && track.bits === 0 ? quietTrack : track.isRead ? track : { ...track, isRead: true }

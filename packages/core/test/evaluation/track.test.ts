import { expect, test } from 'vitest'
import { foldTrack, interruptTrack, type Track, type TrackPolicy, unreadTrack } from '../../src/evaluation/track.ts'
import type { Reading } from '../../src/rules/rule.ts'

const plain: TrackPolicy = { forMs: 0, times: { breaches: 1, of: 1 }, recoverAfter: 1 }
const readings = { b: 'breach', o: 'ok', h: 'hold' } as const satisfies Record<string, Reading>

/** One reading every 10 s: `b` breach, `o` ok, `h` hold. Gives whether it is on after each. */
const follow = (text: string, policy: Partial<TrackPolicy>): string => {
  let track: Track = unreadTrack
  return [...text]
    .map((letter, place) => {
      track = foldTrack(track, readings[letter as keyof typeof readings], place * 10_000, { ...plain, ...policy })
      return track.isOn ? '1' : '0'
    })
    .join('')
}

test.each<[string, Partial<TrackPolicy>, string, string]>([
  ['at once', {}, 'obbo', '0110'],
  ['hold leaves it as it was', {}, 'hobhhoh', '0011100'],
  ['after forMs in breach', { forMs: 20_000 }, 'bbbbo', '00110'],
  ['forMs begins anew after a good one', { forMs: 20_000 }, 'bbobbb', '000001'],
  ['forMs goes on through hold', { forMs: 20_000 }, 'bhb', '001'],
  ['3 of 5', { times: { breaches: 3, of: 5 } }, 'boboboo', '0000100'],
  ['3 of 5, until too few of them are left', { times: { breaches: 3, of: 5 } }, 'bbbooo', '001110'],
  ['3 of 5, too far apart', { times: { breaches: 3, of: 5 } }, 'boobooboo', '000000000'],
  ['recovers after 3 good ones in a row', { recoverAfter: 3 }, 'boobooob', '11111101'],
  ['hold neither counts as good nor breaks the row', { recoverAfter: 2 }, 'bohoo', '11100'],
])('%s', (_, policy, given, expected) => {
  expect(follow(given, policy)).toBe(expected)
})

test('silence interrupts what was about to come on, never what is on', () => {
  const pending = foldTrack(unreadTrack, 'breach', 0, { ...plain, forMs: 20_000 })
  expect(foldTrack(interruptTrack(pending), 'breach', 60_000, { ...plain, forMs: 20_000 }).isOn).toBe(false)
  const on = foldTrack(unreadTrack, 'breach', 0, plain)
  expect(interruptTrack(on)).toBe(on)
})

test('a good reading changes nothing of a track that is quiet: one object serves all of them', () => {
  const quiet = foldTrack(unreadTrack, 'ok', 0, plain)
  expect(foldTrack(quiet, 'ok', 10, plain)).toBe(quiet)
  expect(foldTrack(unreadTrack, 'ok', 99, { ...plain, recoverAfter: 9 })).toBe(quiet)
})

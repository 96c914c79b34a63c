import type { RegionStatus } from '@sightline/core/protocol'
import { describe, expect, it } from 'vitest'
import { extendTrail, fillTrail, longestTrail, type PollTrail } from '../../page/live/poll-trail.ts'

const status = (changes: Partial<RegionStatus>): RegionStatus => ({
  api: 'orders',
  region: 'us-east',
  label: 'US East',
  state: 'up',
  intervalMs: 1_000,
  revision: 1,
  changedAt: 0,
  checkedAt: 0,
  latencyMs: 1,
  ...changes,
})

const trailOf = (...statuses: readonly RegionStatus[]): PollTrail | undefined =>
  statuses.reduce<PollTrail | undefined>((trail, next, i) => extendTrail(trail, next, i * 1_000), undefined)

const kindsOf = (...statuses: readonly RegionStatus[]) => trailOf(...statuses)?.marks.map(({ kind }) => kind)

describe('extendTrail', () => {
  it('marks each poll as unchanged or changed', () => {
    expect(kindsOf(status({ checkedAt: 1 }), status({ checkedAt: 2 }), status({ checkedAt: 3, revision: 2 }))).toEqual([
      'unchanged',
      'unchanged',
      'changed',
    ])
  })

  it('marks nothing where no poll happened', () => {
    const same = status({ checkedAt: 1 })
    const trail = trailOf(same)
    expect(extendTrail(trail, same, 9)).toBe(trail)
    expect(kindsOf(same, status({ checkedAt: 1, intervalMs: 5_000 }))).toEqual(['unchanged'])
    expect(kindsOf(status({ state: 'waiting', checkedAt: null, latencyMs: null }))).toEqual([])
  })

  it('marks failures: the first, and each further one that took its own time', () => {
    const failing = (latencyMs: number) => status({ checkedAt: 1, state: 'failing', latencyMs })
    expect(kindsOf(status({ checkedAt: 1 }), failing(2), failing(3), failing(3), status({ checkedAt: 9 }))).toEqual([
      'unchanged',
      'failed',
      'failed',
      'unchanged',
    ])
  })

  it('marks an open circuit once, since nothing is polled', () => {
    const open = (retry: number) => status({ checkedAt: 1, state: 'open', latencyMs: 3, changedAt: retry })
    expect(kindsOf(status({ checkedAt: 1, state: 'failing', latencyMs: 3 }), open(1), open(2))).toEqual(['failed'])
  })

  it(`keeps the newest ${longestTrail}`, () => {
    const trail = trailOf(...Array.from({ length: 100 }, (_, i) => status({ checkedAt: i + 1 })))
    expect(trail?.marks).toHaveLength(longestTrail)
    expect(trail?.marks.at(-1)?.at).toBe(100)
  })
})

describe('fillTrail', () => {
  const stored = {
    api: 'orders',
    region: 'us-east',
    polls: [
      { at: 1_000, outcome: 'changed', latencyMs: 3 },
      { at: 2_000, outcome: 'failed', latencyMs: 0 },
      { at: 3_000, outcome: 'unchanged', latencyMs: 2 },
    ],
  } as const

  it('begins with what the server knows; what it has told of leaves no second mark', () => {
    const first = trailOf(status({ checkedAt: 2_900 })) as PollTrail
    const filled = fillTrail(first, stored)
    expect(filled.marks.map(({ at, kind }) => [at, kind])).toEqual([
      [1_000, 'changed'],
      [2_000, 'failed'],
      [3_000, 'unchanged'],
    ])
    expect(extendTrail(filled, status({ checkedAt: 3_000 }), 3_100).marks).toHaveLength(3)
    expect(extendTrail(filled, status({ checkedAt: 4_000 }), 4_100).marks.at(-1)).toMatchObject({ at: 4_000 })
  })
})

import type { RegionStatus } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { withDocument } from '../../page/live/use-live-status.ts'

const status: RegionStatus = {
  api: 'orders',
  region: 'us-east',
  label: 'US East',
  state: 'up',
  intervalMs: 1_000,
  revision: 4,
  changedAt: 4_000,
  checkedAt: 9_000,
  latencyMs: 1,
}

it('takes from the document what the status will tell later', () => {
  expect(withDocument(status, { revision: 5, updatedAt: 9_500 })).toEqual({
    ...status,
    revision: 5,
    changedAt: 9_500,
    checkedAt: 9_500,
  })
  expect(withDocument(status, { revision: 5, updatedAt: 8_000 })).toEqual({ ...status, revision: 5, changedAt: 8_000 })
  expect(
    withDocument({ ...status, revision: null, changedAt: null, checkedAt: null }, { revision: 1, updatedAt: 5 }),
  ).toMatchObject({
    revision: 1,
    changedAt: 5,
    checkedAt: 5,
  })
})

it('leaves a status as it is without a document, or with an older one', () => {
  expect(withDocument(status, undefined)).toBe(status)
  expect(withDocument(status, { revision: 3, updatedAt: 3_999 })).toBe(status)
})

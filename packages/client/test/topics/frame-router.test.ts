import type { Frame } from '@sightline/core/protocol'
import { expect, test } from 'vitest'
import { createFrameRouter } from '../../src/topics/frame-router.ts'
import { at, whole } from '../support/frames.ts'

const frame = (topic: string, revision: number): Frame => ({ ...whole(at(revision), revision), topic })
const revisions = (frames: readonly Frame[]) => frames.map((each) => each.kind === 'state' && each.version.revision)

test('frames go to who claimed their key, until released', () => {
  const router = createFrameRouter()
  const seen: Frame[] = []
  const { release } = router.expect().claim('a', (each) => seen.push(each))
  router.route(frame('a', 1))
  router.route(frame('b', 2))
  expect(router.receivers('a')).toBe(1)
  release()
  router.route(frame('a', 3))
  expect(revisions(seen)).toEqual([1])
  expect(router.receivers('a')).toBe(0)
})

test('frames are kept from the question on, for the key that the answer tells', () => {
  const router = createFrameRouter()
  router.route(frame('a', 1))
  const first = router.expect()
  router.route(frame('a', 2))
  router.route(frame('b', 3))
  const second = router.expect()
  router.route(frame('a', 4))
  expect(revisions(first.claim('a', () => {}).held)).toEqual([2, 4])
  first.end()
  expect(revisions(second.claim('a', () => {}).held)).toEqual([4])
  second.end()
  second.end()
  expect(revisions(router.expect().claim('a', () => {}).held)).toEqual([])
})

test('what was kept goes with the connection it came over', () => {
  const router = createFrameRouter()
  const before = router.expect()
  router.route(frame('a', 1))
  router.clear()
  expect(revisions(before.claim('a', () => {}).held)).toEqual([])
  const next = router.expect()
  router.route(frame('a', 2))
  before.end()
  expect(revisions(next.claim('a', () => {}).held)).toEqual([2])
})

test('it keeps a bounded number of frames, the latest', () => {
  const router = createFrameRouter()
  const expectation = router.expect()
  for (let revision = 1; revision <= 1_200; revision++) router.route(frame('a', revision))
  const { held } = expectation.claim('a', () => {})
  expect(held).toHaveLength(1_000)
  expect(revisions(held).at(-1)).toBe(1_200)
})

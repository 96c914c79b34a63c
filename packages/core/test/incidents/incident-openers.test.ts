import { expect, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { expectedOutline, openAtOnce, outlineOf } from './support/open-at-once.ts'

test('fifty concurrent openers make one open incident: storage in memory', async () => {
  const store = memoryStore()
  expect(outlineOf(await openAtOnce(() => memoryStorage({ store })))).toEqual(expectedOutline())
})

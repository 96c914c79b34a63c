import { busConformance } from '@sightline/conformance'
import { describe, expect, test } from 'vitest'
import { memoryBus, memoryNetwork } from '../../src/memory/index.ts'

busConformance({
  name: 'memory',
  runner: { describe, test },
  open: async () => {
    const network = memoryNetwork()
    return { bus: () => memoryBus({ network }), dispose: async () => {} }
  },
  exceptions: [
    {
      test: 'publishing: cut off, publish does not throw and ping says so; back, receivers hear what they missed, or of a gap',
      reason: 'buses in one process cannot be parted',
    },
  ],
})

describe('memoryBus', () => {
  test('without a network there is nobody else', async () => {
    const heard: string[] = []
    const [a, b] = [memoryBus(), memoryBus()]
    await a.open({ origin: 'a', event: ({ id }) => heard.push(id), gap: () => {} })
    await b.open({ origin: 'b', event: ({ id }) => heard.push(id), gap: () => {} })
    a.publish({
      id: '1',
      origin: 'a',
      v: 1,
      type: 't',
      head: { id: 'x', team: 'red', version: { epoch: 'e', revision: 1 } },
      at: 1,
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(heard).toEqual([])
  })

  test('what is more than the queue holds is dropped, and told first', async () => {
    const network = memoryNetwork()
    const heard: string[] = []
    const [a, b] = [memoryBus({ network }), memoryBus({ network, maxQueued: 3 })]
    await a.open({ origin: 'a', event: () => {}, gap: () => {} })
    await b.open({ origin: 'b', event: ({ id }) => heard.push(id), gap: (reason) => heard.push(reason) })
    for (const id of ['1', '2', '3', '4', '5']) {
      a.publish({ id, origin: 'a', v: 1, type: 't', head: { id: 'x', team: 'red', version: { epoch: 'e', revision: 1 } }, at: 1 })
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(heard).toEqual(['2 events more than the queue holds', '1', '2', '3'])
  })
})

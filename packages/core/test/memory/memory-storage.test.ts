import { storageConformance } from '@sightline/conformance'
import { describe, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'

storageConformance({
  name: 'memory',
  runner: { describe, test },
  open: async () => {
    const store = memoryStore()
    return { driver: () => memoryStorage({ store }), dispose: async () => {} }
  },
})

/** Adapters in memory: what every test and the smallest example run on. */

export { type MemoryBusOptions, type MemoryNetwork, memoryBus, memoryNetwork } from './memory-bus.ts'
export { type MemoryCacheOptions, memoryCache } from './memory-cache.ts'
export { type MemorySpoolOptions, memorySpool } from './memory-spool.ts'
export { type MemoryStorageOptions, memoryStorage } from './memory-storage.ts'
export { type MemoryStore, memoryStore } from './memory-store.ts'
export { type Lease, leaseDefinition, type StorageLeasesOptions, storageLeases } from './storage-leases.ts'
export { type TimerSchedulerOptions, timerScheduler } from './timer-scheduler.ts'

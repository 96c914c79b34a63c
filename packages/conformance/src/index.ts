export { type BusConformanceOptions, type BusSubject, busConformance } from './bus-suite.ts'
export { type CacheConformanceOptions, type CacheSubject, cacheConformance } from './cache-suite.ts'
export { type LeasesConformanceOptions, type LeasesSubject, leasesConformance } from './leases-suite.ts'
export { HTTP_BEHAVIOURS } from './notifier/http-place.ts'
export {
  type HttpPlace,
  type NotifierConformanceOptions,
  type NotifierSubject,
  notifierConformance,
  openHttpPlace,
  type PlaceBehaviour,
  type Received,
} from './notifier-suite.ts'
export type { Exception, TestRunner } from './runner.ts'
export { type SchedulerConformanceOptions, type SchedulerSubject, schedulerConformance } from './scheduler-suite.ts'
export { dyingBetweenCalls } from './storage/dying-driver.ts'
export { conformancePlan } from './storage/plan.ts'
export { type LoadTally, loadKey, startWriteLoad, type WriteLoad, type WriteLoadOptions } from './storage/write-load.ts'
export { type WriterOptions, writeForever } from './storage/writer.ts'
export { spawnWriterScript, type WriterScript } from './storage/writer-process.ts'
export { type StorageConformanceOptions, type StorageSubject, storageConformance } from './storage-suite.ts'
export {
  type TransportClient,
  type TransportConformanceOptions,
  type TransportSubject,
  transportConformance,
} from './transport-suite.ts'

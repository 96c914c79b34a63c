export type { Exception, Group, TestRunner } from './runner.ts'
export { dyingBetweenCalls } from './storage/dying-driver.ts'
export { conformancePlan } from './storage/plan.ts'
export { type WriterOptions, writeForever } from './storage/writer.ts'
export { spawnWriterScript, type WriterScript } from './storage/writer-process.ts'
export { type StorageConformanceOptions, type StorageSubject, storageConformance } from './storage-suite.ts'
export {
  type TransportClient,
  type TransportConformanceOptions,
  type TransportSubject,
  transportConformance,
} from './transport-suite.ts'

export type { Exception, Group, TestRunner } from './runner.ts'
export { conformancePlan } from './storage/plan.ts'
export { type StorageConformanceOptions, type StorageSubject, storageConformance } from './storage-suite.ts'
export {
  type TransportClient,
  type TransportConformanceOptions,
  type TransportSubject,
  transportConformance,
} from './transport-suite.ts'

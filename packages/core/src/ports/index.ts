/** The contracts. Their comments are what the conformance suites assert. */
export type { Access, AccessRequest, Credentials, Principal } from './access.ts'
export type { Bus, BusEvent } from './bus.ts'
export { compareBytes } from './byte-order.ts'
export type { Cache, Leases } from './cache.ts'
export { type Clock, systemClock } from './clock.ts'
export type { Collection, CollectionDefinition, CollectionPlan, Commit, IndexQuery, Stored, Write } from './collections.ts'
export type { Head, Json, Outcome, Page, PageRequest, Scope, Version } from './identity.ts'
export { consoleLogger, type Logger, silentLogger } from './logger.ts'
export type { LogEntry, LogQuery, LogStore } from './logs.ts'
export type {
  Notification,
  NotificationFact,
  NotificationItem,
  NotificationLink,
  NotificationStatus,
  Notifier,
  NotifyOptions,
  NotifyResult,
} from './notifier.ts'
export type { Observation, Probe, ProbeContext, ProbeKind } from './probe.ts'
export type { Bucket, Point, SampleStore, Series, Span } from './samples.ts'
export type { Schedule, Scheduler, Tick } from './scheduler.ts'
export type { SessionStore, SharedSession, SharedSubscription } from './sessions.ts'
export {
  fromSnapshotId,
  type Snapshot,
  type SnapshotKey,
  type SnapshotStore,
  type SnapshotWrite,
  snapshotId,
} from './snapshots.ts'
export type { Spool } from './spool.ts'
export type { Capabilities, FeedItem, StorageDriver, StoragePlan } from './storage.ts'
export type {
  CallRequest,
  Connected,
  Gateway,
  Subscribed,
  SubscribeRequest,
  Transport,
  Variant,
} from './transport.ts'

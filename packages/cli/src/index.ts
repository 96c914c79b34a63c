export type { LineCounts } from './archive/archive-line.ts'
export { type ArchivedCounts, type ArchiveOldOptions, archiveOld, type KeptSince } from './archive/archive-old.ts'
export { type ExportFormat, type ExportOptions, exportHistory } from './archive/export-history.ts'
export { type PruneCounts, type PruneOptions, pruneStore } from './archive/prune-store.ts'
export { verifyArchive } from './archive/read-archive.ts'
export { checksumOf, type RestoreOptions, restore } from './archive/restore-archive.ts'
export { type ArchiveSummary, type BackupOptions, backup } from './archive/write-archive.ts'
export { type CheckOptions, type CheckResult, checkConfig, describeFailure } from './check.ts'
export { type LoadedConfig, type LoadOptions, loadConfig } from './config-file.ts'
export {
  type AlertChannels,
  type EmailChannel,
  type Environment,
  type LogLevel,
  type Mode,
  type Role,
  readDotenv,
  readEnvironment,
} from './environment.ts'
export { type AlertParts, alertPartsFrom } from './notifiers-from.ts'
export { rateLimitFrom, type SharedRateLimit } from './rate-limit-from.ts'
export { type RedisParts, redisFrom } from './redis-from.ts'
export { parseRedisUrl } from './redis-url.ts'
export { storageFrom } from './storage-from.ts'
export { parseStorageUrl, type StorageUrl } from './storage-url.ts'

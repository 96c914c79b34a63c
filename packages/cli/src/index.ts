export { type CheckOptions, type CheckResult, checkConfig, describeFailure } from './check.ts'
export { type LoadedConfig, type LoadOptions, loadConfig } from './config-file.ts'
export { type Environment, type LogLevel, type Mode, readDotenv, readEnvironment } from './environment.ts'
export { parseStorageUrl, type StorageUrl, storageFrom } from './storage-url.ts'

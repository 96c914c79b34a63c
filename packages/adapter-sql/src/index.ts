export { type SqliteStorageOptions, sqliteStorage } from './sqlite/sqlite-storage.ts'

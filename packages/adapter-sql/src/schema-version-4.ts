import type { SqlDialect } from './dialect.ts'

/**
 * SQLite: points and rollups are pruned series by series, so that the indexes over their times are not needed; and the values of a point are
 * bytes from now on. Those that are stored as text stay as they are until they are pruned.
 */
export const versionFour = ({ name, tablePrefix: p }: SqlDialect): readonly string[] =>
  name === 'sqlite' ? [`drop index ${p}samples_at`, `drop index ${p}buckets_start`] : []

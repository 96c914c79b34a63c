import type { Snapshot } from '../ports/snapshots.ts'
import type { MetricsSnapshot } from '../protocol/contract.ts'

/** A stored snapshot as clients see it. */
export const toMetricsSnapshot = ({ key, version, hash, body, createdAt, at }: Snapshot): MetricsSnapshot => ({
  api: key.api,
  region: key.region,
  epoch: version.epoch,
  revision: version.revision,
  hash,
  data: JSON.parse(body),
  createdAt,
  updatedAt: at,
})

import type { Detector } from '../changes/detector.ts'
import type { Probe } from '../ports/probe.ts'
import { type SnapshotKey, snapshotId } from '../ports/snapshots.ts'
import type { RegionDescription } from '../protocol/contract.ts'
import type { Schema } from '../protocol/standard-schema.ts'

/** An api in a region, ready to be polled. */
export interface Target {
  /** Of its schedule too; `scheduleId(key)`, computed once. */
  readonly id: string
  readonly key: SnapshotKey
  readonly label: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
  readonly maxBodyBytes: number
  /** Polls of the api per second over all its regions; null for no limit. */
  readonly maxPerSecond: number | null
  readonly detector: Detector
  /** As configured; the detector leaves them out. */
  readonly ignore: readonly string[]
  readonly schema: Schema | null
  readonly probe: Probe
}

/** The id of a target's schedule, the same in every process. */
export const scheduleId = (key: SnapshotKey): string => `poll:${encodeURIComponent(key.team)}/${snapshotId(key)}`

export const describeTarget = ({ key, label, intervalMs, timeoutMs, ignore }: Target): RegionDescription => ({
  name: key.region,
  label,
  intervalMs,
  timeoutMs,
  ignore,
})

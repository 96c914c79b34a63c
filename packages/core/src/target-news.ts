import type { SnapshotChange } from './changes/snapshot-change.ts'
import { toMetricsSnapshot } from './domain/metrics-snapshot.ts'
import type { Emitter } from './emitter.ts'
import { scheduleId, type Target } from './polling/target.ts'
import type { Snapshot, SnapshotKey } from './ports/snapshots.ts'
import type { PollerStatus } from './protocol/contract.ts'
import { topicKey } from './protocol/topic-key.ts'
import type { RemoteEvents } from './remote-events.ts'
import type { SnapshotKeeper } from './storage/snapshot-keeper.ts'
import type { Hub } from './topics/hub.ts'
import type { TargetBoard } from './topics/target-board.ts'
import { unstored } from './topics/target-topics.ts'

export interface TargetNewsOptions {
  readonly hub: Pick<Hub, 'publish' | 'find' | 'reload'>
  readonly board: Pick<TargetBoard, 'checked' | 'stored'>
  readonly remote: Pick<RemoteEvents, 'snapshotStored'>
  readonly emitter: Emitter
  readonly keeper: Pick<SnapshotKeeper, 'lastVersion'>
}

/** Tells everybody what became of a target and its document: subscribers, other processes, listeners, the board. */
export interface TargetNews {
  /** It was polled, and judged. */
  checked(target: Target, status: PollerStatus, before: PollerStatus): void
  /** `superseded`: it is in the history, and a later one is shown. */
  stored(snapshot: Snapshot, superseded: boolean): void
  /** Shown although storage does not have it yet. */
  provisional(change: SnapshotChange): void
  /** Storage holds `current`, which this process did not expect. */
  overtaken(key: SnapshotKey, current: Snapshot | null): void
  /** Storage holds `current`, and nobody need be told. */
  noted(key: SnapshotKey, current: Snapshot | null): void
}

const METRICS = 'metrics'

export const createTargetNews = ({ hub, board, remote, emitter, keeper }: TargetNewsOptions): TargetNews => {
  const paramsOf = ({ api, region }: SnapshotKey) => ({ api, region })

  const noted: TargetNews['noted'] = (key, current) =>
    board.stored(scheduleId(key), current === null ? null : { revision: current.version.revision, changedAt: current.at })

  return {
    noted,
    checked: (target, status, before) => {
      board.checked(target.id, status)
      if (emitter.has('target:checked')) emitter.emit('target:checked', status, { origin: 'local' })
      if (status.state === before.state) return
      if (status.state === 'open') emitter.emit('circuit:opened', status, { origin: 'local' })
      if (before.state === 'open') emitter.emit('circuit:closed', status, { origin: 'local' })
    },
    stored: (snapshot, superseded) => {
      const { key, version, hash } = snapshot
      noted(key, snapshot)
      if (superseded) return
      const shown = toMetricsSnapshot(snapshot)
      hub.publish(key.team, METRICS, { params: paramsOf(key), kind: 'state', version, data: shown, content: hash })
      remote.snapshotStored(snapshot, shown)
      emitter.emit('snapshot:changed', shown, { origin: 'local', provisional: false, key })
    },
    provisional: (change) => {
      const { key } = change
      const { version, data, content } = unstored(key, { ...change, version: keeper.lastVersion(key) })
      hub.publish(key.team, METRICS, { params: paramsOf(key), kind: 'state', version, data, content, provisional: true })
      emitter.emit('snapshot:changed', data, { origin: 'local', provisional: true, key })
    },
    overtaken: (key, current) => {
      noted(key, current)
      const active = hub.find(key.team, topicKey(METRICS, paramsOf(key)))
      if (active !== null) void hub.reload(active)
    },
  }
}

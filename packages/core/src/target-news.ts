import type { SnapshotChange } from './changes/snapshot-change.ts'
import { toMetricsSnapshot } from './domain/metrics-snapshot.ts'
import type { Emitter } from './emitter.ts'
import { scheduleId, type Target } from './polling/target.ts'
import type { Version } from './ports/identity.ts'
import type { Snapshot, SnapshotKey } from './ports/snapshots.ts'
import type { MetricsSnapshot, PollerStatus } from './protocol/contract.ts'
import { topicKey } from './protocol/topic-key.ts'
import type { RemoteEvents } from './remote-events.ts'
import type { SnapshotKeeper } from './storage/snapshot-keeper.ts'
import type { Hub } from './topics/hub.ts'
import type { TargetBoard } from './topics/target-board.ts'
import { unstored } from './topics/target-topics.ts'

/** A document that another process stored, as clients see it. */
export interface LearnedSnapshot {
  readonly key: SnapshotKey
  readonly version: Version
  readonly shown: MetricsSnapshot
}

export interface TargetNewsOptions {
  readonly hub: Pick<Hub, 'publish' | 'find' | 'reload'>
  readonly board: Pick<TargetBoard, 'checked' | 'stored'>
  readonly remote: Pick<RemoteEvents, 'snapshotStored' | 'isAlone'>
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
  /** Another process stored a document. */
  learned(snapshot: LearnedSnapshot): void
  /** Has this revision been told here, or a later one? */
  isTold(key: SnapshotKey, version: Version): boolean
  /** Storage holds `current`, and nobody need be told. */
  noted(key: SnapshotKey, current: Snapshot | null): void
}

const METRICS = 'metrics'

export const createTargetNews = ({ hub, board, remote, emitter, keeper }: TargetNewsOptions): TargetNews => {
  const paramsOf = ({ api, region }: SnapshotKey) => ({ api, region })
  /** The last revision of each target that listeners were told of: bus and change feed may both bring it. */
  const told = new Map<string, Version>()

  const isTold: TargetNews['isTold'] = (key, { epoch, revision }) => {
    const last = told.get(scheduleId(key))
    return last?.epoch === epoch && last.revision >= revision
  }

  const noted: TargetNews['noted'] = (key, current) =>
    board.stored(scheduleId(key), current === null ? null : { revision: current.version.revision, changedAt: current.at })

  const hasAudience = (key: SnapshotKey): boolean =>
    !remote.isAlone || emitter.has('snapshot:changed') || hub.find(key.team, topicKey(METRICS, paramsOf(key))) !== null

  const learned: TargetNews['learned'] = ({ key, version, shown }) => {
    const params = paramsOf(key)
    const active = hub.find(key.team, topicKey(METRICS, params))
    if (active?.content.kind === 'state') {
      const known = active.content.room.version
      // Two epochs cannot be ordered: storage says which is the present one.
      if (known !== null && known.epoch !== version.epoch) void hub.reload(active)
      else hub.publish(key.team, METRICS, { params, kind: 'state', version, data: shown, content: shown.hash })
    }
    if (isTold(key, version)) return
    told.set(scheduleId(key), version)
    board.stored(scheduleId(key), { revision: version.revision, changedAt: shown.updatedAt })
    emitter.emit('snapshot:changed', shown, { origin: 'remote', provisional: false, key })
  }

  return {
    noted,
    learned,
    isTold,
    checked: (target, status, before) => {
      board.checked(target.id, status)
      if (emitter.has('target:checked')) emitter.emit('target:checked', status, { origin: 'local' })
      if (status.state === before.state) return
      if (status.state === 'open') emitter.emit('circuit:opened', status, { origin: 'local' })
      if (before.state === 'open') emitter.emit('circuit:closed', status, { origin: 'local' })
    },
    stored: (snapshot, superseded) => {
      const { key, version, hash } = snapshot
      const id = scheduleId(key)
      board.stored(id, { revision: version.revision, changedAt: snapshot.at })
      told.set(id, version)
      // Parsing what nobody is told would be most of what a change costs here.
      if (superseded || !hasAudience(key)) return
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

import type { PollerReport } from './polling/poller-report.ts'
import type { TargetDirectory } from './polling/target-directory.ts'
import type { RemoteEvents } from './remote-events.ts'
import type { TargetBoard } from './topics/target-board.ts'

export interface RemoteTargetsOptions {
  readonly remote: Pick<RemoteEvents, 'carry' | 'hear'>
  readonly directory: Pick<TargetDirectory, 'poller'>
  readonly board: Pick<TargetBoard, 'heard' | 'ownIds'>
  /** An interval was changed elsewhere: storage says which. */
  onRetimed(): void
  /** Another process polls from now on. */
  onTakenOver(): void
}

/** How the targets are doing that other processes poll: what one of them learns, all show. */
export interface RemoteTargets {
  /** These were polled here. */
  checked(ids: readonly string[]): void
  retimed(): void
  /** This process polls from now on. */
  takenOver(): void
  /** Asks what became of the targets that others poll. */
  ask(): void
}

const CHECKED = 'targets:checked'
const ASKED = 'targets:asked'
const RETIMED = 'targets:retimed'
const TAKEN_OVER = 'targets:taken-over'
/** Reports in one event: some ten of KB. */
const REPORTS = 100

export const createRemoteTargets = ({
  remote,
  directory,
  board,
  onRetimed,
  onTakenOver,
}: RemoteTargetsOptions): RemoteTargets => {
  const checked: RemoteTargets['checked'] = (ids) => {
    for (let start = 0; start < ids.length; start += REPORTS) {
      const reports = ids.slice(start, start + REPORTS).flatMap((id) => directory.poller(id)?.report() ?? [])
      remote.carry(CHECKED, { reports })
    }
  }

  const heard = ({ reports }: { readonly reports: readonly PollerReport[] }): void => {
    for (const report of reports) {
      const poller = directory.poller(report.id)
      if (poller?.hear(report) === true) board.heard(report.id, report.status)
    }
  }

  remote.hear(CHECKED, (payload) => heard(payload as { readonly reports: readonly PollerReport[] }))
  remote.hear(ASKED, () => checked(board.ownIds()))
  remote.hear(RETIMED, onRetimed)
  remote.hear(TAKEN_OVER, onTakenOver)

  return {
    checked,
    retimed: () => remote.carry(RETIMED, {}),
    takenOver: () => remote.carry(TAKEN_OVER, {}),
    ask: () => remote.carry(ASKED, {}),
  }
}

import type { Alert } from '../protocol/alerts.ts'

/** An alert that is still to be told, and when this process first saw it (ms since the Unix epoch). */
export interface QueuedAlert {
  readonly team: string
  readonly alert: Alert
  readonly seenAt: number
}

/** What is left to tell of one incident to one channel. */
export interface Settled {
  readonly keep: readonly QueuedAlert[]
  /** Over before it was told, or told again by what follows. */
  readonly drop: readonly QueuedAlert[]
}

const isRunning = ({ alert }: QueuedAlert): boolean => alert.kind === 'firing' || alert.kind === 'resolved'

/**
 * Settles what waits of one incident for one channel. What began and ended before its beginning was due is told of nothing; a beginning that
 * should have left before the end is told, and then its end. A resolve of what was told is kept unless the incident fires again by now.
 * `wasTold`: the channel knows that it fires. `isFlapping`: it was told last that it flaps. `dueAt` is when an alert leaves at the earliest.
 */
export const settleAlerts = (
  queued: readonly QueuedAlert[],
  { wasTold, isFlapping, dueAt }: { readonly wasTold: boolean; readonly isFlapping: boolean; dueAt(queued: QueuedAlert): number },
): Settled => {
  const order = queued.toSorted((a, b) => a.alert.at - b.alert.at || rank(a) - rank(b))
  const running = order.filter(isRunning)
  const swings = order.filter((entry) => !isRunning(entry))
  const last = running.at(-1)
  const first = running[0]
  const lastSwing = swings.at(-1)

  const chosen = (): readonly (QueuedAlert | undefined)[] => {
    if (last?.alert.kind === 'resolved') {
      if (wasTold) return [last]
      return first !== undefined && wasDueBefore(first, last, dueAt) ? [first, last] : []
    }
    const swing =
      lastSwing?.alert.kind === 'flapping' || (lastSwing?.alert.kind === 'steady' && isFlapping) ? lastSwing : undefined
    // One notice that it comes and goes also says that it fires.
    if (swing?.alert.kind === 'flapping') return [swing]
    const firesAgain = wasTold && running.some(({ alert }) => alert.kind === 'resolved')
    return [firesAgain ? undefined : last, swing]
  }

  const kept = new Set(chosen())
  return { keep: order.filter((entry) => kept.has(entry)), drop: order.filter((entry) => !kept.has(entry)) }
}

const rank = ({ alert }: QueuedAlert): number => (alert.kind === 'resolved' ? 1 : 0)

const wasDueBefore = (begin: QueuedAlert, end: QueuedAlert, dueAt: (queued: QueuedAlert) => number): boolean =>
  begin.alert.kind === 'firing' && begin.alert.status !== 'held' && dueAt(begin) <= end.alert.at

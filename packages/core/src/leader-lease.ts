import { SightlineError } from './errors.ts'
import { storageLeases } from './memory/storage-leases.ts'
import { pause } from './pause.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { StorageLink } from './storage/storage-link.ts'

export interface LeaderLeaseOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  readonly logger: Logger
  /** This process's own name. */
  readonly holder: string
  /** What it is a lease of. */
  readonly name: string
  /** `latest`: who starts takes it from whoever holds it. `first`: who holds it keeps it. */
  readonly who: 'latest' | 'first'
  /** Told when this process got the lease, or lost it. */
  onTurn?(isHeld: boolean): void
}

/**
 * Which of the processes on one storage polls by its own timers, or decides for all. With `latest` who starts takes over at once, whatever its
 * clock says; the others stand by and take over when it stops, or `LEASE_MS` after it died. Where storage does not answer, a process goes on:
 * its writes are fenced, or have one id whoever makes them.
 */
export interface LeaderLease {
  /** What to write under; null while another process polls. */
  readonly fence: number | null
  /** It was opened, and no other process is known to hold it. */
  readonly isHeld: boolean
  open(): Promise<void>
  /** Another process has started, or refused a write of this one: who polls is asked at once. */
  doubt(): void
  /** Gives the lease back as far as storage lets it within the time; else it runs out. */
  close(options: { readonly timeoutMs: number }): Promise<void>
}

const LEASE_MS = 10_000
const RENEW_MS = 3_000
const LONGEST_RELEASE_MS = 500

export const createLeaderLease = ({ link, clock, logger, holder, name, who, onTurn }: LeaderLeaseOptions): LeaderLease => {
  /** Until storage has answered: right whenever clocks are. */
  let fence: number | null = clock.now()
  let hasAnswer = false
  let asking: Promise<void> | null = null
  let isDoubted = false
  /** Does this process poll at all? Who only serves must not take the lease from who polls. */
  let isOpen = false
  let isClosed = false
  let cancel = (): void => {}

  const learn = (lease: { readonly fence: number } | null): void => {
    const next = lease?.fence ?? null
    const isTurn = (next === null) !== (fence === null)
    if (hasAnswer && isTurn)
      logger.info(
        { holder, lease: name },
        next === null ? 'Another process took over; this one stands by.' : 'This process took over.',
      )
    fence = next
    hasAnswer = true
    if (isTurn) onTurn?.(next !== null)
  }

  const ask = async (): Promise<void> => {
    try {
      // The latest to start takes over: what was started before it is being replaced, or is dead.
      const how = hasAnswer || who === 'first' ? 'acquire' : 'seize'
      learn(await link.run((storage) => storageLeases({ storage })[how](name, holder, LEASE_MS)))
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code, lease: name }, 'Storage did not say which process holds a lease.')
    }
  }

  const askAgain = (): Promise<void> => {
    cancel()
    asking ??= ask().finally(() => {
      asking = null
      if (isClosed) return
      const again = isDoubted
      isDoubted = false
      if (again) void askAgain()
      else cancel = clock.setTimer(RENEW_MS, () => void askAgain())
    })
    return asking
  }

  const giveBack = async (): Promise<void> => {
    await asking
    if (!hasAnswer || fence === null) return
    await link
      .run((storage) => storageLeases({ storage }).release(name, holder))
      .catch(() => logger.debug({ holder }, 'The polling lease was not given back; it runs out.'))
  }

  return {
    get fence() {
      return fence
    },
    get isHeld() {
      return isOpen && !isClosed && fence !== null
    },
    open: () => {
      isOpen = true
      onTurn?.(true)
      return askAgain()
    },
    doubt: () => {
      if (!isOpen || isClosed) return
      if (asking === null) void askAgain()
      else isDoubted = true
    },
    close: async ({ timeoutMs }) => {
      isClosed = true
      cancel()
      const patience = new AbortController()
      const given = giveBack().finally(() => patience.abort())
      await Promise.race([given, pause(Math.min(timeoutMs, LONGEST_RELEASE_MS), { clock, signals: [patience.signal] })])
      patience.abort()
    },
  }
}

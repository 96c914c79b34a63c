import { SightlineError } from '../errors.ts'
import { storageLeases } from '../memory/storage-leases.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from '../storage/storage-link.ts'

export interface PollingLeaseOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Clock
  readonly logger: Logger
  /** This process's own name. */
  readonly holder: string
}

/**
 * Which of the processes on one storage polls by its own timers. Who starts takes over at once, whatever its clock says; the others stand by
 * and take over when it stops, or `LEASE_MS` after it died. Where storage does not answer, a process polls on: its writes are fenced.
 */
export interface PollingLease {
  /** What to write under; null while another process polls. */
  readonly fence: number | null
  open(): Promise<void>
  /** Another process has started, or refused a write of this one: who polls is asked at once. */
  doubt(): void
  /** Gives the lease back as far as storage lets it within the time; else it runs out. */
  close(options: { readonly timeoutMs: number }): Promise<void>
}

const NAME = 'polling'
const LEASE_MS = 10_000
const RENEW_MS = 3_000
const LONGEST_RELEASE_MS = 500

export const createPollingLease = ({ link, clock, logger, holder }: PollingLeaseOptions): PollingLease => {
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
    if (hasAnswer && (next === null) !== (fence === null))
      logger.info(
        { holder },
        next === null ? 'Another process polls now; this one stands by.' : 'This process polls from now on.',
      )
    fence = next
    hasAnswer = true
  }

  const ask = async (): Promise<void> => {
    try {
      // The latest to start takes over: what was started before it is being replaced, or is dead.
      const how = hasAnswer ? 'acquire' : 'seize'
      learn(await link.run((storage) => storageLeases({ storage })[how](NAME, holder, LEASE_MS)))
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'Storage did not say which process polls.')
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
      .run((storage) => storageLeases({ storage }).release(NAME, holder))
      .catch(() => logger.debug({ holder }, 'The polling lease was not given back; it runs out.'))
  }

  return {
    get fence() {
      return fence
    },
    open: () => {
      isOpen = true
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

import { formatInterval } from '../format/duration.ts'
import { formatPlural } from '../format/number.ts'
import type { TargetRef } from '../live/target.ts'
import { usePoller } from '../live/use-poller.ts'
import { Countdown } from '../ui/age.tsx'

/** Why a region's polls fail, and when the next one is tried, in the room of a card. */
export const TroubleLines = ({ intervalMs, ...target }: TargetRef & { readonly intervalMs: number }) => {
  const poller = usePoller(target)
  if (poller?.lastError === undefined || poller.lastError === null) return null
  const { lastError, consecutiveFailures, retryAt } = poller
  return (
    <div data-role="trouble" className="mt-1 text-xs">
      <p className="line-clamp-2 text-fail wrap-anywhere" title={lastError.message}>
        <span className="font-semibold">{formatPlural(consecutiveFailures, 'poll')} failed.</span> <bdi>{lastError.message}</bdi>
      </p>
      <p className="text-faint">
        {retryAt === null ? (
          `Tried again every ${formatInterval(intervalMs)}`
        ) : (
          <>
            Next try <Countdown until={retryAt} />
          </>
        )}
      </p>
    </div>
  )
}

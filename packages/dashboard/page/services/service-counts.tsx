import type { ServiceStatus, ServiceView } from '@sightline/core/protocol'
import { formatCount } from '../format/number.ts'
import { useIsConnected } from '../live/shown-state.ts'
import { iconTones } from '../ui/badge.tsx'
import { cn } from '../ui/class-names.ts'
import { countStatuses, statusOrder } from './service-filter.ts'
import { serviceSigns } from './service-sign.tsx'

interface ServiceCountsProps {
  readonly services: readonly ServiceView[]
  readonly status: ServiceStatus | undefined
  readonly onStatus: (status: ServiceStatus | undefined) => void
}

const always: readonly ServiceStatus[] = ['down', 'degraded', 'up']

/** How many are in each status; a press shows those alone. */
export const ServiceCounts = ({ services, status, onStatus }: ServiceCountsProps) => {
  const counts = countStatuses(services)
  const isConnected = useIsConnected()
  const shown = statusOrder.filter((each) => always.includes(each) || each === status || counts[each] !== undefined)
  return (
    <fieldset className="panel flex flex-wrap overflow-hidden">
      <legend className="sr-only">Services by status</legend>
      {shown.map((each) => {
        const { label, tone, icon: Icon } = serviceSigns[each]
        const count = counts[each] ?? 0
        return (
          <button
            key={each}
            type="button"
            aria-pressed={status === each}
            onClick={() => onStatus(status === each ? undefined : each)}
            className="-mr-px -mb-px min-w-24 flex-1 border-r border-b border-line px-3 py-2.5 text-left -outline-offset-2 hover:bg-hover aria-pressed:bg-hover sm:px-4 sm:py-3"
          >
            <span className="flex items-center gap-1.5 text-xs text-faint">
              <Icon aria-hidden className={cn('size-3.5', count > 0 && iconTones[tone])} />
              {label}
            </span>
            <span
              className={cn(
                'mt-0.5 block text-lg font-semibold tracking-tight sm:text-xl',
                count > 0 && each !== 'up' && tone !== 'quiet' && iconTones[tone],
              )}
            >
              {isConnected ? formatCount(count) : '—'}
            </span>
          </button>
        )
      })}
    </fieldset>
  )
}

import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { useRegions, useTrail } from '../live/live-context.tsx'
import { type TargetRef, toTargetKey } from '../live/target.ts'
import { PollBars } from '../regions/poll-bars.tsx'
import { Age } from '../ui/age.tsx'
import { StateIcon } from '../ui/target-state.tsx'

const rowHeight = 64

/** The other regions stay in sight while one is looked at. */
export const RegionRail = ({ current }: { readonly current: TargetRef }) => {
  const { data: regions = [] } = useRegions()
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: regions.length,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    overscan: 4,
  })
  const currentKey = toTargetKey(current)
  const index = regions.findIndex((status) => toTargetKey(status) === currentKey)
  const isThere = index >= 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list may move under the reader; only another region scrolls it
  useEffect(() => {
    if (isThere) virtualizer.scrollToIndex(index, { align: 'auto' })
  }, [currentKey, isThere])
  return (
    <nav aria-label="Regions" className="panel sticky top-[4.5rem] max-h-[calc(100vh-5.75rem)] overflow-hidden">
      <div ref={scroller} className="max-h-[inherit] overflow-auto p-1.5">
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index: i, start }) => {
            const status = regions[i]
            if (status === undefined) return null
            const key = toTargetKey(status)
            return (
              <li key={key} className="absolute inset-x-0 top-0 h-16 pb-1" style={{ transform: `translateY(${start}px)` }}>
                <Link
                  from="/regions/$api/$region"
                  to="/regions/$api/$region"
                  params={{ api: status.api, region: status.region }}
                  search={({ range, view }) => ({ ...(range ? { range } : {}), ...(view ? { view } : {}) })}
                  aria-current={key === currentKey ? 'page' : undefined}
                  className="flex h-full flex-col justify-center gap-1.5 rounded-md px-2.5 hover:bg-hover aria-[current=page]:bg-accent-soft"
                >
                  <span className="flex items-center gap-2">
                    <StateIcon state={status.state} className="size-3.5" />
                    <span className="min-w-0 flex-1 truncate font-medium">{status.label}</span>
                    <Age at={status.checkedAt} intervalMs={status.intervalMs} className="text-xs" />
                  </span>
                  <RailBars api={status.api} region={status.region} />
                </Link>
              </li>
            )
          })}
        </ul>
      </div>
    </nav>
  )
}

const RailBars = (target: TargetRef) => <PollBars marks={useTrail(target)?.marks ?? []} className="h-4" />

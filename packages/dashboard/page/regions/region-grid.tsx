import type { RegionStatus } from '@sightline/core/protocol'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useLayoutEffect, useRef, useState } from 'react'
import { toTargetKey } from '../live/target.ts'
import { RegionCard } from './region-card.tsx'

const mostAtOnce = 60
const cardHeight = 220
const narrowestCard = 340
const gap = 12

/** All regions as cards; from 60 on, only those near the window are there. */
export const RegionGrid = ({ regions }: { readonly regions: readonly RegionStatus[] }) =>
  regions.length > mostAtOnce ? <VirtualGrid regions={regions} /> : <PlainGrid regions={regions} />

const PlainGrid = ({ regions }: { readonly regions: readonly RegionStatus[] }) => (
  <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(340px,100%),1fr))] gap-3">
    {regions.map((status) => (
      <li key={toTargetKey(status)}>
        <RegionCard status={status} />
      </li>
    ))}
  </ul>
)

const VirtualGrid = ({ regions }: { readonly regions: readonly RegionStatus[] }) => {
  const list = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ columns: 1, top: 0 })
  useLayoutEffect(() => {
    const element = list.current
    if (element === null) return
    const measure = () => {
      const { width, top } = element.getBoundingClientRect()
      const next = { columns: Math.max(1, Math.floor((width + gap) / (narrowestCard + gap))), top: top + window.scrollY }
      setPlace((last) => (last.columns === next.columns && last.top === next.top ? last : next))
    }
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  const { columns, top } = place
  const virtualizer = useWindowVirtualizer({
    count: Math.ceil(regions.length / columns),
    estimateSize: () => cardHeight + gap,
    overscan: 2,
    scrollMargin: top,
  })
  const rows = virtualizer.getVirtualItems()
  const first = rows[0]?.index ?? 0
  const last = rows.at(-1)?.index ?? -1
  const above = (rows[0]?.start ?? top) - top
  return (
    <div ref={list} style={{ height: virtualizer.getTotalSize() }}>
      <ul className="grid gap-3" style={{ paddingTop: above, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {regions.slice(first * columns, (last + 1) * columns).map((status, i) => (
          <li key={toTargetKey(status)} aria-setsize={regions.length} aria-posinset={first * columns + i + 1}>
            <RegionCard status={status} />
          </li>
        ))}
      </ul>
    </div>
  )
}

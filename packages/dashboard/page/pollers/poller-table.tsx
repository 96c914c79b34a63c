import type { PollerStatus } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { formatLatency } from '../format/duration.ts'
import { formatCount } from '../format/number.ts'
import { toTargetKey } from '../live/target.ts'
import { PollNow } from '../region/poll-now.tsx'
import { Age, Countdown } from '../ui/age.tsx'
import { cn } from '../ui/class-names.ts'
import { StateBadge } from '../ui/target-state.tsx'
import type { PollerFilter, Sort } from './poller-filter.ts'

const rowHeight = 44

const widths = ['w-36 sm:w-56', 'w-26 sm:w-32', 'w-20', 'w-22', 'w-20', 'w-22', 'w-32', 'w-auto', 'w-44'] as const

/** A poller with its region's label. */
type NamedPoller = PollerStatus & { readonly label: string }

interface PollerTableProps {
  readonly pollers: readonly NamedPoller[]
  readonly sort: PollerFilter['sort']
  readonly onSort: (sort: PollerFilter['sort']) => void
}

/** The pollers, a line each; only those near the window are there. */
export const PollerTable = ({ pollers, sort, onSort }: PollerTableProps) => {
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    if (body.current !== null) setTop(body.current.getBoundingClientRect().top + window.scrollY)
  }, [])
  const virtualizer = useWindowVirtualizer({
    count: pollers.length,
    estimateSize: () => rowHeight,
    overscan: 10,
    scrollMargin: top,
  })
  const rows = virtualizer.getVirtualItems()
  const above = (rows[0]?.start ?? top) - top
  const below = virtualizer.getTotalSize() - ((rows.at(-1)?.end ?? top) - top)
  const header = { sort, onSort }
  return (
    <table
      aria-label="Pollers"
      aria-rowcount={pollers.length + 1}
      className="w-full min-w-[76rem] table-fixed border-collapse text-left"
    >
      <colgroup>
        {widths.map((width, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
          <col key={i} className={width} />
        ))}
      </colgroup>
      <thead className="text-xs text-faint">
        <tr className="h-9 border-b border-line">
          <Header {...header} by="target" isSticky>
            Target
          </Header>
          <Header>State</Header>
          <Header {...header} by="checked">
            Data age
          </Header>
          <Header {...header} by="latency">
            Latency
          </Header>
          <Header>Polls</Header>
          <Header {...header} by="changes">
            Changes
          </Header>
          <Header {...header} by="failures">
            Failures
          </Header>
          <Header>Last error</Header>
          <Header>
            <span className="sr-only">Actions</span>
          </Header>
        </tr>
      </thead>
      <tbody ref={body}>
        <Spacer height={above} />
        {rows.map(({ index }) => {
          const poller = pollers[index]
          return poller === undefined ? null : <PollerRow key={toTargetKey(poller)} poller={poller} rowIndex={index + 2} />
        })}
        <Spacer height={below} />
      </tbody>
    </table>
  )
}

/** Stands for the rows that are out of sight. */
const Spacer = ({ height }: { readonly height: number }) =>
  height > 0 ? (
    <tr aria-hidden style={{ height }}>
      <td colSpan={widths.length} />
    </tr>
  ) : null

interface HeaderProps {
  readonly by?: Sort
  /** Stays in sight while the table is scrolled sideways. */
  readonly isSticky?: boolean
  readonly sort?: PollerFilter['sort']
  readonly onSort?: PollerTableProps['onSort']
  readonly children: ReactNode
}

const Header = ({ by, isSticky = false, sort, onSort, children }: HeaderProps) => {
  const cell = cn('pl-4 font-medium', isSticky && 'sticky left-0 bg-surface')
  if (by === undefined)
    return (
      <th scope="col" className={cell}>
        {children}
      </th>
    )
  const direction = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none'
  // The most telling order first: names from A, figures from the greatest; then the other way; then none.
  const order: readonly PollerFilter['sort'][] = by === 'target' ? [undefined, by, `-${by}`] : [undefined, `-${by}`, by]
  const next = order[(order.indexOf(sort) + 1) % order.length]
  return (
    <th scope="col" aria-sort={direction} className={cell}>
      <button
        type="button"
        className="flex items-center gap-1 rounded-sm font-medium hover:text-text"
        onClick={() => onSort?.(next)}
      >
        {children}
        {direction === 'ascending' ? <ArrowUp aria-hidden className="size-3" /> : null}
        {direction === 'descending' ? <ArrowDown aria-hidden className="size-3" /> : null}
      </button>
    </th>
  )
}

const PollerRow = ({ poller, rowIndex }: { readonly poller: NamedPoller; readonly rowIndex: number }) => {
  const { api, region, label, state, checkedAt, latencyMs, polls, changes, failures, consecutiveFailures, lastError, retryAt } =
    poller
  return (
    <tr
      aria-rowindex={rowIndex}
      data-region={region}
      className="group h-11 border-b border-line last:border-0 hover:bg-hover [&>*]:pl-4"
    >
      <th scope="row" className="sticky left-0 bg-surface font-medium group-hover:bg-hover">
        <Link to="/regions/$api/$region" params={{ api, region }} className="block rounded-sm hover:text-accent">
          <span className="block truncate leading-4">{label}</span>{' '}
          <span className="block truncate text-2xs leading-4 font-normal text-faint">
            {api} / {region}
          </span>
        </Link>
      </th>
      <td>
        <StateBadge state={state} />
      </td>
      <td>
        <Age at={checkedAt} />
      </td>
      <td>{latencyMs === null ? '—' : formatLatency(latencyMs)}</td>
      <td>{formatCount(polls)}</td>
      <td>{formatCount(changes)}</td>
      <td className={consecutiveFailures > 0 ? 'font-semibold text-fail' : ''}>
        {formatCount(failures)}
        {consecutiveFailures > 1 ? <span className="font-normal"> ({formatCount(consecutiveFailures)} in a row)</span> : null}
      </td>
      <td className="text-xs">
        {lastError === null ? (
          <span className="text-faint">none</span>
        ) : (
          <>
            <p className="truncate" title={lastError.message}>
              {lastError.message}
            </p>
            <p className="truncate text-faint">
              {lastError.code}, <Age at={lastError.at} style="ago" />
              {retryAt === null ? null : (
                <>
                  , next try <Countdown until={retryAt} />
                </>
              )}
            </p>
          </>
        )}
      </td>
      <td className="pr-3">
        <div className="flex justify-end">
          <PollNow api={api} region={region} isCompact />
        </div>
      </td>
    </tr>
  )
}

import type { MetricsSnapshot, RevisionRef } from '@sightline/core/protocol'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef } from 'react'
import { formatCount, formatPlural } from '../format/number.ts'
import { formatTime, toIso } from '../format/time.ts'
import type { TargetRef } from '../live/target.ts'
import { Button } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'
import { Empty, Failure } from '../ui/notice.tsx'
import { DiffView } from './diff-view.tsx'
import { findChanges } from './document-changes.ts'
import type { IsIgnored } from './ignored-fields.ts'
import { toDotted } from './json-pointer.ts'
import { parseRevision, type RegionView, spellRevision } from './region-view.ts'
import type { History } from './use-history.ts'
import { useIgnored } from './use-ignored.ts'

const rowHeight = 32

interface HistoryPanelProps {
  readonly target: TargetRef
  readonly history: History
  readonly view: RegionView
  readonly onView: (next: {
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly patch?: 'raw' | undefined
  }) => void
}

const isSame = (a: RevisionRef | null | undefined, b: RevisionRef): boolean => a?.epoch === b.epoch && a.revision === b.revision

/** Every change that was stored, and what lies between any two of them. */
export const HistoryPanel = ({ target, history, view, onView }: HistoryPanelProps) => {
  const { entries } = history
  const pinnedTo = parseRevision(view.to)
  const pinnedFrom = parseRevision(view.from)
  const to = pinnedTo ?? entries[0]
  const toIndex = entries.findIndex((entry) => isSame(to, entry))
  const from = pinnedFrom ?? entries[toIndex + 1]
  const isPinned = pinnedTo !== null || pinnedFrom !== null
  return (
    <section aria-labelledby="history-title" className="panel flex min-w-0 flex-col">
      <header className="flex h-12 items-center gap-2 border-b border-line pr-2 pl-4">
        <h2 id="history-title" className="text-base font-semibold">
          Changes
        </h2>
        <p className="truncate text-xs text-faint">{isPinned ? 'Comparing the two you picked' : 'Following the latest'}</p>
        {isPinned ? (
          <Button tone="ghost" className="ml-auto" onClick={() => onView({ from: undefined, to: undefined })}>
            Follow the latest
          </Button>
        ) : null}
      </header>
      {history.isPending ? (
        <div aria-hidden className="flex flex-col gap-3 p-4">
          <span className="skeleton h-4 w-full" />
          <span className="skeleton h-4 w-full" />
          <span className="skeleton h-4 w-2/3" />
        </div>
      ) : history.error !== null && entries.length === 0 ? (
        <Failure title="The history cannot be shown" action={<Button onClick={history.retry}>Try again</Button>}>
          {history.error.message}
        </Failure>
      ) : entries.length === 0 ? (
        <Empty title="No change yet">The first document that is polled is the first entry.</Empty>
      ) : (
        <>
          <EntryList target={target} history={history} from={from} to={to} pinnedFrom={pinnedFrom} onPick={onView} />
          <DiffView
            target={target}
            entries={entries}
            from={from}
            to={to}
            isRaw={view.patch === 'raw'}
            onRaw={(raw) => onView({ patch: raw ? 'raw' : undefined })}
          />
        </>
      )}
    </section>
  )
}

interface EntryListProps {
  readonly target: TargetRef
  readonly history: History
  readonly from: RevisionRef | undefined
  readonly to: RevisionRef | undefined
  /** Picked by hand; otherwise `from` is the entry before `to`, wherever that goes. */
  readonly pinnedFrom: RevisionRef | null
  readonly onPick: (next: { readonly from?: string; readonly to?: string }) => void
}

const EntryList = ({ target, history, from, to, pinnedFrom, onPick }: EntryListProps) => {
  const { entries, hasOlder, isLoadingOlder, loadOlder } = history
  const { isIgnored } = useIgnored(target)
  const newestAt = entries[0]?.updatedAt ?? 0
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: entries.length + (hasOlder ? 1 : 0),
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    getItemKey: (i) => (entries[i] === undefined ? 'older' : spellRevision(entries[i])),
    overscan: 6,
  })
  const items = virtualizer.getVirtualItems()
  const isAtEnd = (items.at(-1)?.index ?? 0) >= entries.length
  useEffect(() => {
    if (isAtEnd && hasOlder && !isLoadingOlder) loadOlder()
  }, [isAtEnd, hasOlder, isLoadingOlder, loadOlder])
  const fromIndex = entries.findIndex((entry) => isSame(from, entry))
  const toIndex = entries.findIndex((entry) => isSame(to, entry))
  const pinnedIndex = entries.findIndex((entry) => isSame(pinnedFrom, entry))
  return (
    <fieldset className="border-b border-line">
      <legend className="sr-only">Pick two entries to compare</legend>
      <div aria-hidden className="flex h-7 items-center gap-2 border-b border-line px-4 text-2xs font-medium text-faint">
        <span className="w-8 shrink-0">From</span>
        <span className="w-8 shrink-0">To</span>
        <span className="w-14 shrink-0">Revision</span>
        <span className="w-20 shrink-0">Time</span>
        <span>Fields</span>
      </div>
      <div ref={scroller} className="h-52 overflow-auto">
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {items.map(({ index, start, key }) => {
            const entry = entries[index]
            return (
              <div key={key} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${start}px)` }}>
                {entry === undefined ? (
                  <p className="flex h-8 items-center px-4 text-xs text-faint">Loading older entries</p>
                ) : (
                  <EntryRow
                    entry={entry}
                    before={entries[index + 1]}
                    newestAt={newestAt}
                    isIgnored={isIgnored}
                    isFrom={index === fromIndex}
                    isTo={index === toIndex}
                    canBeFrom={toIndex < 0 || index > toIndex}
                    canBeTo={pinnedIndex < 0 || index < pinnedIndex}
                    onPick={onPick}
                  />
                )}
              </div>
            )
          })}
        </div>
      </div>
    </fieldset>
  )
}

interface EntryRowProps {
  readonly entry: MetricsSnapshot
  readonly before: MetricsSnapshot | undefined
  /** Times of another day than this are shown with their date. */
  readonly newestAt: number
  readonly isIgnored: IsIgnored
  readonly isFrom: boolean
  readonly isTo: boolean
  readonly canBeFrom: boolean
  readonly canBeTo: boolean
  readonly onPick: EntryListProps['onPick']
}

const EntryRow = memo(({ entry, before, newestAt, isIgnored, isFrom, isTo, canBeFrom, canBeTo, onPick }: EntryRowProps) => {
  const name = `revision ${entry.revision}, ${formatTime(entry.updatedAt, newestAt)}`
  const changes = useMemo(
    () => (before === undefined || before.epoch !== entry.epoch ? null : findChanges(before.data, entry.data, { isIgnored })),
    [before, entry, isIgnored],
  )
  const radio = (group: 'from' | 'to', isChecked: boolean, isPossible: boolean) => (
    <span className="flex w-8 shrink-0">
      <input
        type="radio"
        name={`compare-${group}`}
        aria-label={`Compare ${group} ${name}`}
        checked={isChecked}
        disabled={!isPossible}
        onChange={() => onPick({ [group]: spellRevision(entry) })}
        className="size-4 cursor-pointer accent-(--accent) disabled:cursor-default disabled:opacity-30"
      />
    </span>
  )
  return (
    <div
      className={cn(
        'flex h-8 items-center gap-2 px-4 text-xs hover:bg-hover',
        (isFrom || isTo) && 'bg-accent-soft hover:bg-accent-soft',
      )}
    >
      {radio('from', isFrom, canBeFrom)}
      {radio('to', isTo, canBeTo)}
      <span className="w-14 shrink-0 font-medium">{formatCount(entry.revision)}</span>
      <time dateTime={toIso(entry.updatedAt)} className="w-20 shrink-0 truncate text-muted">
        {formatTime(entry.updatedAt, newestAt)}
      </time>
      <span className="min-w-0 truncate text-muted">
        {changes === null ? (
          entry.revision === 1 ? (
            'first document'
          ) : (
            ''
          )
        ) : (
          <>
            <span className="text-text">{formatPlural(changes.length, 'field')}</span>{' '}
            <span className="font-mono text-faint">{changes.map(({ pointer }) => toDotted(pointer)).join(', ')}</span>
          </>
        )}
      </span>
    </div>
  )
})

import { useVirtualizer } from '@tanstack/react-virtual'
import { ChartLine, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'
import type { FieldChange } from './document-changes.ts'
import { type DocumentRow, spellValue, toRows, turn, unfolded } from './document-rows.ts'
import { type Pointer, toDotted } from './json-pointer.ts'

interface DocumentTreeProps {
  readonly document: unknown
  /** Differs with every change of the document. */
  readonly revision: string
  readonly changes: ReadonlyMap<Pointer, FieldChange>
  readonly onChart: (field: Pointer) => void
}

const rowHeight = 24
const idOf = (pointer: Pointer): string => `field-${pointer}`

/** A document as a tree: of ARIA's tree pattern, with one focus and the arrow keys. Lines out of sight are not there. */
export const DocumentTree = ({ document, revision, changes, onChart }: DocumentTreeProps) => {
  const [unfolding, setUnfolding] = useState(unfolded)
  const [active, setActive] = useState<Pointer | null>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => toRows(document, unfolding), [document, unfolding])
  const virtualizer = useVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroller.current,
    overscan: 8,
  })
  const index = rows.findIndex(({ pointer }) => pointer === active)
  const current = rows[index]

  const moveTo = (next: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, next))]
    if (row === undefined) return
    setActive(row.pointer)
    virtualizer.scrollToIndex(rows.indexOf(row))
  }
  const fold = (row: DocumentRow, isOpen: boolean) => setUnfolding((last) => turn(last, row.pointer, isOpen))
  const keys = new Map<string, () => void>([
    ['ArrowDown', () => moveTo(index + 1)],
    ['ArrowUp', () => moveTo(index - 1)],
    ['Home', () => moveTo(0)],
    ['End', () => moveTo(rows.length - 1)],
    [
      'ArrowRight',
      () => {
        if (current?.isOpen === false) fold(current, true)
        else if (current?.isOpen) moveTo(index + 1)
      },
    ],
    [
      'ArrowLeft',
      () => {
        if (current?.isOpen) fold(current, false)
        else if (current !== undefined) moveTo(rows.findLastIndex((row, i) => i < index && row.level < current.level))
      },
    ],
    [
      'Enter',
      () => {
        if (current === undefined) return
        if (current.isOpen !== null) fold(current, !current.isOpen)
        else if (typeof current.value === 'number') onChart(current.pointer)
      },
    ],
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys.get(event.key)
    if (act === undefined || event.metaKey || event.ctrlKey || event.altKey) return
    event.preventDefault()
    act()
  }

  return (
    <>
      <div
        ref={scroller}
        role="tree"
        aria-label="Latest document"
        aria-activedescendant={current === undefined ? undefined : idOf(current.pointer)}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={() => {
          if (active === null) moveTo(0)
        }}
        className="group max-h-104 overflow-auto py-1.5 font-mono text-xs -outline-offset-2"
      >
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index: i, start }) => {
            const row = rows[i]
            return row === undefined ? null : (
              <TreeRow
                key={row.pointer}
                row={row}
                top={start}
                change={changes.get(row.pointer)}
                revision={revision}
                isActive={row.pointer === active}
                onSelect={() => {
                  setActive(row.pointer)
                  if (row.isOpen !== null) fold(row, !row.isOpen)
                }}
              />
            )
          })}
        </div>
      </div>
      <Selected row={current} change={current && changes.get(current.pointer)} onChart={onChart} />
    </>
  )
}

interface TreeRowProps {
  readonly row: DocumentRow
  readonly top: number
  readonly change: FieldChange | undefined
  readonly revision: string
  readonly isActive: boolean
  readonly onSelect: () => void
}

const TreeRow = ({ row, top, change, revision, isActive, onSelect }: TreeRowProps) => {
  const { pointer, key, level, value, isOpen, position, siblings } = row
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names its active row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys
    <div
      id={idOf(pointer)}
      role="treeitem"
      aria-level={level}
      aria-setsize={siblings}
      aria-posinset={position}
      aria-expanded={isOpen ?? undefined}
      aria-selected={isActive}
      onClick={onSelect}
      className={cn(
        'absolute inset-x-0 top-0 grid h-6 cursor-default grid-cols-[48%_1fr] items-center pr-4 hover:bg-hover',
        isActive && 'bg-hover group-focus-visible:inset-ring-2 group-focus-visible:inset-ring-focus',
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span className="flex min-w-0 items-center gap-1.5 pr-2" style={{ paddingLeft: level * 16 - 4 }}>
        {isOpen === null ? (
          <span aria-hidden className="w-3.5 shrink-0" />
        ) : (
          <ChevronRight aria-hidden className={cn('size-3.5 shrink-0 text-faint', isOpen && 'rotate-90')} />
        )}
        <span className="truncate text-muted">{key}</span>
      </span>
      <span className="flex min-w-0 items-center gap-1.5">
        {isOpen === null ? (
          <span
            key={change === undefined ? 'same' : revision}
            className={cn(
              '-mx-1 truncate rounded-sm px-1',
              change === undefined ? 'text-text' : 'animate-flash font-semibold text-accent',
            )}
          >
            {spellValue(value)}
          </span>
        ) : (
          <span className="text-faint">{isOpen && !Array.isArray(value) ? '' : spellValue(value)}</span>
        )}
        {change?.kind === 'replaced' && isOpen === null ? (
          <span className="ml-1 shrink-0 text-faint">was {spellValue(change.before)}</span>
        ) : null}
      </span>
    </div>
  )
}

interface SelectedProps {
  readonly row: DocumentRow | undefined
  readonly change: FieldChange | undefined
  readonly onChart: (field: Pointer) => void
}

/** The active field in full: lines cut long values off. */
const Selected = ({ row, change, onChart }: SelectedProps) => (
  <footer className="flex min-h-12 items-center gap-3 border-t border-line py-2 pr-2 pl-4 text-xs">
    {row === undefined ? (
      <p className="text-faint">Select a field to see it in full; a number can be charted.</p>
    ) : (
      <>
        <p className="max-h-24 min-w-0 flex-1 overflow-auto font-mono break-all">
          <span className="text-faint">{toDotted(row.pointer)}</span>{' '}
          {row.isOpen === null ? <span className="font-medium">{spellValue(row.value)}</span> : null}
          {change?.kind === 'replaced' ? <span className="text-faint"> was {spellValue(change.before)}</span> : null}
        </p>
        {typeof row.value === 'number' ? (
          <Button tone="ghost" icon={<ChartLine aria-hidden className="size-4" />} onClick={() => onChart(row.pointer)}>
            Chart
          </Button>
        ) : null}
      </>
    )}
  </footer>
)

import type { MetricsSnapshot, RevisionRef } from '@sightline/core/protocol'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Minus, Pencil, Plus } from 'lucide-react'
import { Fragment } from 'react'
import { formatCount, formatDelta, formatPlural } from '../format/number.ts'
import { formatTime } from '../format/time.ts'
import { useClient } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import type { TargetRef } from '../live/target.ts'
import { cn } from '../ui/class-names.ts'
import { Empty, Failure } from '../ui/notice.tsx'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { Segmented } from '../ui/segmented.tsx'
import type { FieldChange } from './document-changes.ts'
import { spellValue } from './document-rows.ts'
import { toDotted } from './json-pointer.ts'
import { toReadable } from './readable-patch.ts'
import { spellRevision } from './region-view.ts'
import { useIgnored } from './use-ignored.ts'

interface DiffViewProps {
  readonly target: TargetRef
  readonly entries: readonly MetricsSnapshot[]
  readonly from: RevisionRef | undefined
  readonly to: RevisionRef | undefined
  readonly isRaw: boolean
  readonly onRaw: (isRaw: boolean) => void
}

/** What lies between two entries: as the server's RFC 6902 patch, read as before and after. */
export const DiffView = ({ target, entries, from, to, isRaw, onRaw }: DiffViewProps) => {
  const { data, error } = useDiff({ target, entries, from, to })
  const now = useNow()
  const { isIgnored } = useIgnored(target)
  if (from === undefined || to === undefined) {
    return <Empty title="One entry so far">With the second one, this shows what changed.</Empty>
  }
  if (error !== null) return <Failure title="These two cannot be compared">{error.message}</Failure>
  if (data === undefined) {
    return (
      <div aria-hidden className="flex flex-col gap-3 p-4">
        <span className="skeleton h-4 w-1/2" />
        <span className="skeleton h-4 w-full" />
        <span className="skeleton h-4 w-4/5" />
      </div>
    )
  }
  const { diff } = data
  const counted = data.rows.filter(({ pointer }) => !isIgnored(pointer))
  const ignored = data.rows.filter(({ pointer }) => isIgnored(pointer))
  return (
    <div data-role="diff">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 py-2 pr-2 pl-4">
        <p className="min-w-0 flex-1">
          <span className="font-medium">{formatPlural(counted.length, 'field')}</span>{' '}
          {ignored.length === 0 ? null : <span className="text-faint">({formatCount(ignored.length)} ignored) </span>}
          <span className="text-muted">
            from {formatCount(diff.from.revision)} <span className="text-faint">({formatTime(diff.from.updatedAt, now)})</span> to{' '}
            {formatCount(diff.to.revision)} <span className="text-faint">({formatTime(diff.to.updatedAt, now)})</span>
          </span>
        </p>
        <Segmented
          label="Show the difference as"
          value={isRaw ? 'raw' : 'fields'}
          onChange={(next) => onRaw(next === 'raw')}
          options={[
            { value: 'fields', label: 'Fields' },
            { value: 'raw', label: 'Patch' },
          ]}
        />
      </div>
      {isRaw ? (
        <ScrollRegion label="Patch" className="max-h-80 border-t border-line px-4 py-3">
          <pre className="font-mono text-xs whitespace-pre-wrap">
            {diff.patch.map((operation) => JSON.stringify(operation)).join('\n') || '[]'}
          </pre>
        </ScrollRegion>
      ) : counted.length + ignored.length === 0 ? (
        <Empty title="No difference">Both entries hold the same document.</Empty>
      ) : (
        <DiffTable rows={counted} ignored={ignored} />
      )}
    </div>
  )
}

const useDiff = ({ target, entries, from, to }: Pick<DiffViewProps, 'target' | 'entries' | 'from' | 'to'>) => {
  const { api, region } = target
  const client = useClient()
  return useQuery({
    queryKey: ['diff', api, region, from && spellRevision(from), to && spellRevision(to)],
    enabled: from !== undefined && to !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: async ({ signal }) => {
      if (from === undefined || to === undefined) throw new Error('Two entries are needed.')
      const pair = { from: { epoch: from.epoch, revision: from.revision }, to: { epoch: to.epoch, revision: to.revision } }
      const diff = await client.call('metrics.diff', { api, region, ...pair }, { signal })
      const loaded = entries.find(({ epoch, revision }) => epoch === from.epoch && revision === from.revision)
      const before = loaded ?? (await client.call('metrics.get', { api, region, asOf: diff.from.updatedAt }, { signal }))
      return { diff, rows: toReadable(before.data, diff.patch) }
    },
  })
}

const signs = {
  added: { icon: Plus, label: 'Added', color: 'text-up' },
  removed: { icon: Minus, label: 'Removed', color: 'text-fail' },
  replaced: { icon: Pencil, label: 'Changed', color: 'text-faint' },
} as const

interface DiffTableProps {
  readonly rows: readonly FieldChange[]
  /** Fields whose changes are none; they stand last. */
  readonly ignored: readonly FieldChange[]
}

const DiffTable = ({ rows, ignored }: DiffTableProps) => (
  <ScrollRegion label="Differences" className="max-h-80 border-t border-line">
    <table className="w-full table-fixed text-left text-xs">
      <thead className="sticky top-0 bg-surface text-2xs text-faint">
        <tr>
          <th scope="col" className="h-7 w-[46%] pl-4 font-medium">
            Field
          </th>
          <th scope="col" className="font-medium">
            Before
          </th>
          <th scope="col" className="font-medium">
            After
          </th>
          <th scope="col" className="w-[18%] pr-4 text-right font-medium">
            Change
          </th>
        </tr>
      </thead>
      <tbody className="font-mono">
        {rows.map((row, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a patch may name a place twice; its rows never move
          <DiffRow key={`${i}${row.pointer}`} row={row} />
        ))}
        {ignored.map((row, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <DiffRow key={`ignored${i}${row.pointer}`} row={row} isIgnored />
        ))}
      </tbody>
    </table>
  </ScrollRegion>
)

interface DiffRowProps {
  readonly row: FieldChange
  readonly isIgnored?: boolean
}

const DiffRow = ({ row: { pointer, kind, before, after }, isIgnored = false }: DiffRowProps) => {
  const { icon: Icon, label, color } = signs[kind]
  return (
    <tr className={cn('border-t border-line align-top', isIgnored && 'text-faint')} data-kind={kind} data-ignored={isIgnored}>
      <th scope="row" className="flex items-start gap-1.5 py-1.5 pr-2 pl-4 font-normal wrap-anywhere">
        <Icon role="img" aria-label={isIgnored ? `${label}, ignored` : label} className={cn('mt-0.5 size-3 shrink-0', color)} />
        <span>
          {toDotted(pointer)
            .split('.')
            .map((part, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one path never move
              <Fragment key={i}>
                {i > 0 ? '.' : ''}
                <wbr />
                {part}
              </Fragment>
            ))}
        </span>
      </th>
      <td className={cn('py-1.5 pr-2 break-all', !isIgnored && 'text-muted')}>{kind === 'added' ? '' : spellValue(before)}</td>
      <td className={cn('py-1.5 pr-2 break-all', !isIgnored && 'font-medium')}>{kind === 'removed' ? '' : spellValue(after)}</td>
      <td className={cn('py-1.5 pr-4 text-right', !isIgnored && 'text-muted')}>
        {typeof before === 'number' && typeof after === 'number' ? formatDelta(before, after) : ''}
      </td>
    </tr>
  )
}

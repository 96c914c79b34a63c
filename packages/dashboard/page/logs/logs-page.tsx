import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useNow } from '../live/live-context.tsx'
import { useTitle } from '../shell/use-title.ts'
import { Segmented } from '../ui/segmented.tsx'
import { ErrorGroups } from './error-groups.tsx'
import { LogFilters } from './log-filters.tsx'
import { LogSearch } from './log-search.tsx'
import { LogTail } from './log-tail.tsx'
import { type LogView, timesOf } from './log-view.ts'
import { SavedFilters } from './saved-filters.tsx'
import { VolumeChart } from './volume-chart.tsx'

const route = getRouteApi('/logs')

const names = { tail: 'Live', search: 'Search', errors: 'Errors' } as const

// What follows the present is asked for so often.
const stepMs = 10_000

/** What is logged: as it comes in, what was, and the errors of it by kind. */
export const LogsPage = () => {
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const shown = view.view ?? 'tail'
  useTitle(shown === 'tail' ? null : names[shown], 'Logs')
  const change = (next: { readonly [K in keyof LogView]?: LogView[K] | undefined }) =>
    void navigate({ search: (last) => ({ ...last, ...next }) as LogView, replace: true, resetScroll: false })
  const now = useNow()
  const present = Math.ceil(now / stepMs) * stepMs
  // A search is of the moment it was asked: its pages must fit together.
  const key = JSON.stringify(view)
  const [asked, setAsked] = useState({ key, at: present })
  if (asked.key !== key) setAsked({ key, at: present })
  const { from, to } = timesOf(shown === 'tail' ? {} : view, shown === 'search' ? asked.at : present)
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Logs</h1>
        <Segmented
          label="View"
          value={shown}
          onChange={(next) => change({ view: next === 'tail' ? undefined : next })}
          options={(['tail', 'search', 'errors'] as const).map((value) => ({ value, label: names[value] }))}
        />
        <div className="ml-auto">
          <SavedFilters view={view} />
        </div>
      </div>
      <LogFilters view={view} onChange={change} />
      <VolumeChart service={view.service} from={from} to={to} />
      {shown === 'tail' ? (
        <LogTail key={`${view.service}\n${view.severity}`} view={view} />
      ) : shown === 'search' ? (
        <LogSearch view={view} asked={asked.at} onAgain={() => setAsked({ key, at: Math.ceil(now / 1_000) * 1_000 })} />
      ) : (
        <ErrorGroups service={view.service} from={from} to={to} />
      )}
    </div>
  )
}

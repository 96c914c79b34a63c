import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { fromLocalTime, toLocalTime } from '../format/local-time.ts'
import { formatTime } from '../format/time.ts'
import { queryOptions } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Choice } from '../ui/choice.tsx'
import { inputClass } from '../ui/field.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { type LogView, logSeverities, spanNames } from './log-view.ts'

export type ChangeLogView = (next: { readonly [K in keyof LogView]?: LogView[K] | undefined }) => void

/** Which lines are shown. */
export const LogFilters = ({ view, onChange }: { readonly view: LogView; readonly onChange: ChangeLogView }) => {
  const { data } = useQuery({ ...queryOptions('logs.services', {}), refetchInterval: 30_000 })
  const isSearch = view.view === 'search'
  return (
    <div className="flex flex-wrap items-center gap-2">
      {isSearch ? (
        <>
          <SearchBox label="Words that all occur" value={view.q ?? ''} onChange={(q) => onChange({ q: q || undefined })} />
          <input
            aria-label="Fields, as path=value"
            placeholder="user.id=u1"
            className={`${inputClass} max-w-full border-line font-mono text-xs sm:w-44`}
            value={view.fields ?? ''}
            onChange={(event) => onChange({ fields: event.target.value || undefined })}
          />
        </>
      ) : null}
      <Choice
        label="Service"
        none="All services"
        value={view.service}
        options={data?.services ?? []}
        onChange={(service) => onChange({ service })}
      />
      {view.view === 'errors' ? null : (
        <Choice
          label="Least severity"
          none="Every severity"
          value={view.severity}
          options={logSeverities}
          nameOf={(severity) => (severity === 'fatal' ? 'fatal' : `${severity} and worse`)}
          onChange={(severity) => onChange({ severity })}
        />
      )}
      {view.view === undefined ? null : <TimeFilter view={view} onChange={onChange} />}
      {view.trace === undefined ? null : (
        <Removable label={`trace ${view.trace}`} onRemove={() => onChange({ trace: undefined })} />
      )}
    </div>
  )
}

const TimeFilter = ({ view, onChange }: { readonly view: LogView; readonly onChange: ChangeLogView }) => {
  const now = useNow()
  const { from, to } = view
  if (from === undefined && to === undefined) {
    return (
      <label>
        <span className="sr-only">Time</span>
        <select
          value={view.span ?? '1h'}
          onChange={(event) => {
            const value = event.target.value
            if (value === 'between')
              onChange({ from: Math.floor((now - 3_600_000) / 60_000) * 60_000, to: Math.ceil(now / 60_000) * 60_000 })
            else onChange({ span: value === '1h' ? undefined : (value as LogView['span']) })
          }}
          className="h-8 rounded-md border border-line bg-surface px-2 font-medium"
        >
          {spanNames.map((span) => (
            <option key={span} value={span}>
              Last {span}
            </option>
          ))}
          <option value="between">From … to …</option>
        </select>
      </label>
    )
  }
  const field = (label: string, value: number | undefined, change: (at: number | undefined) => void) => (
    <input
      type="datetime-local"
      step={1}
      aria-label={label}
      title={value === undefined ? label : formatTime(value, now)}
      className={`${inputClass} max-w-full border-line sm:w-52`}
      value={value === undefined ? '' : toLocalTime(value)}
      onChange={(event) => change(fromLocalTime(event.target.value))}
    />
  )
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {field('From', from, (at) => onChange({ from: at }))}
      {field('To', to, (at) => onChange({ to: at }))}
      <Removable label="times" onRemove={() => onChange({ from: undefined, to: undefined })} />
    </div>
  )
}

const Removable = ({ label, onRemove }: { readonly label: string; readonly onRemove: () => void }) => (
  <button
    type="button"
    aria-label={`Without ${label}`}
    onClick={onRemove}
    className="flex h-8 max-w-60 items-center gap-1 rounded-md bg-accent-soft px-2 text-xs font-medium text-accent"
  >
    <span className="truncate">{label}</span>
    <X aria-hidden className="size-3.5 shrink-0" />
  </button>
)

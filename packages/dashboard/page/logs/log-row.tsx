import type { LogLine } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { memo, type ReactNode, useState } from 'react'
import { toIso } from '../format/time.ts'
import { cn } from '../ui/class-names.ts'
import { LogSeverityWord } from './log-severity.tsx'
import { type LogView, spellFields } from './log-view.ts'

const clock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})

/** One line; a press shows all there is of it. */
export const LogRow = memo(({ line }: { readonly line: LogLine }) => {
  const [isOpen, setIsOpen] = useState(false)
  const { id, at, severity, service, message } = line
  return (
    <li data-line={id} data-severity={severity} className="border-b border-line last:border-0">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setIsOpen((open) => !open)}
        className="flex w-full items-baseline gap-2 px-3 py-1 text-left font-mono text-xs leading-5 -outline-offset-2 hover:bg-hover"
      >
        <ChevronRight aria-hidden className={cn('size-3 shrink-0 self-center text-faint', isOpen && 'rotate-90')} />
        <span className="flex min-w-0 flex-1 flex-wrap gap-x-3 sm:flex-nowrap">
          <time dateTime={toIso(at)} className="shrink-0 text-faint">
            {clock.format(at)}
          </time>
          <span className="w-11 shrink-0">
            <LogSeverityWord severity={severity} />
          </span>
          <span className="max-w-40 shrink-0 truncate text-muted sm:w-32">{service}</span>
          <span
            dir="auto"
            className={cn('min-w-0 basis-full sm:flex-1 sm:basis-auto', isOpen ? 'break-words whitespace-pre-wrap' : 'truncate')}
          >
            {message}
          </span>
        </span>
      </button>
      {isOpen ? <LogDetail line={line} /> : null}
    </li>
  )
})
LogRow.displayName = 'LogRow'

/** Everything a line has, and what else there is like it. */
const LogDetail = ({ line: { id, service, fields, traceId, fingerprint } }: { readonly line: LogLine }) => {
  const entries = Object.entries(fields)
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 bg-hover/60 px-8 py-2 font-mono text-xs">
      {entries.map(([name, value]) => (
        <Item key={name} name={name}>
          <bdi className="break-all whitespace-pre-wrap">{typeof value === 'string' ? value : JSON.stringify(value)}</bdi>
          {typeof value === 'string' || typeof value === 'number' ? (
            <Finder search={{ view: 'search', service, fields: spellFields({ [name]: String(value) }) }}>Lines with it</Finder>
          ) : null}
        </Item>
      ))}
      {traceId === null ? null : (
        <Item name="trace id">
          <span className="break-all">{traceId}</span>
          <Finder search={{ view: 'search', trace: traceId }}>Lines of this trace</Finder>
        </Item>
      )}
      {fingerprint === null ? null : (
        <Item name="fingerprint">
          <span className="break-all">{fingerprint}</span>
          <Finder search={{ view: 'errors', service }}>Errors by kind</Finder>
        </Item>
      )}
      <Item name="id">
        <span className="break-all">{id}</span>
      </Item>
    </dl>
  )
}

const Item = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <>
    <dt className="text-muted">{name}</dt>
    <dd className="flex flex-wrap items-baseline gap-x-3">{children}</dd>
  </>
)

const Finder = ({ search, children }: { readonly search: LogView; readonly children: string }) => (
  <Link to="/logs" search={search} className="rounded-sm font-sans text-accent underline">
    {children}
  </Link>
)

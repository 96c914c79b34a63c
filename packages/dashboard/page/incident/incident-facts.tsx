import type { IncidentDetail, Severity } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { formatAge } from '../format/duration.ts'
import { formatTime, toIso } from '../format/time.ts'
import { severities } from '../incidents/incident-filter.ts'
import { severitySigns } from '../incidents/incident-sign.tsx'
import { useMutation } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { inputClass } from '../ui/field.tsx'
import { Texts } from '../ui/texts.tsx'

// The lines around it: what led to it, and what followed.
const beforeMs = 300_000
const afterMs = 300_000

/** What is known of an incident, and what can be set about it. */
export const IncidentFacts = ({ incident }: { readonly incident: IncidentDetail }) => {
  const now = useNow()
  const { id, severity, service, region, rule, openedAt, resolvedAt, timeToAcknowledgeMs, timeToResolveMs, reopens, tags } =
    incident
  const setSeverity = useMutation('incidents.setSeverity')
  const spell = (ms: number | null, running: boolean) =>
    ms === null ? (running ? `${formatAge(Math.max(1_000, now - openedAt))} so far` : '—') : formatAge(Math.max(1_000, ms))
  return (
    <section aria-labelledby="facts-title" className="panel">
      <h2 id="facts-title" className="border-b border-line px-4 py-2.5 text-base font-semibold">
        Facts
      </h2>
      <dl className="flex flex-col gap-2.5 px-4 py-3">
        <Fact label="Service">
          {service === null ? (
            'none'
          ) : (
            <Link to="/services/$name" params={{ name: service }} className="rounded-sm underline hover:text-accent">
              {service}
            </Link>
          )}
          {region === null ? null : <span className="text-muted"> in {region}</span>}
        </Fact>
        <Fact label="Opened by">{rule === null ? 'hand' : `rule ${rule}`}</Fact>
        <Fact label="Opened">
          <time dateTime={toIso(openedAt)}>{formatTime(openedAt, now)}</time>
        </Fact>
        <Fact label="To acknowledge">{spell(timeToAcknowledgeMs, resolvedAt === null)}</Fact>
        <Fact label="To resolve">{spell(timeToResolveMs, resolvedAt === null)}</Fact>
        {reopens === 0 ? null : <Fact label="Came back">{reopens === 1 ? 'once' : `${reopens} times`}</Fact>}
        {tags.length === 0 ? null : (
          <Fact label="Tags">
            <Texts of={tags} separator=", " />
          </Fact>
        )}
        {service === null ? null : (
          <Fact label="Logs">
            <Link
              to="/logs"
              search={{
                view: 'search',
                service,
                from: Math.floor(openedAt) - beforeMs,
                to: Math.ceil(resolvedAt ?? openedAt) + afterMs,
              }}
              className="rounded-sm underline hover:text-accent"
            >
              Lines around its time
            </Link>
          </Fact>
        )}
      </dl>
      <div className="flex flex-col gap-3 border-t border-line px-4 py-3">
        <label className="flex flex-col gap-1">
          <span className="text-xs font-medium text-muted">Severity</span>
          <select
            className={inputClass}
            value={severity}
            disabled={setSeverity.isPending}
            onChange={(event) => setSeverity.mutate({ id, severity: event.target.value as Severity })}
          >
            {severities.map((each) => (
              <option key={each} value={each}>
                {severitySigns[each].label}
              </option>
            ))}
          </select>
        </label>
        <Assignee key={incident.assignee} id={id} assignee={incident.assignee} />
        {setSeverity.error === null ? null : (
          <p role="alert" className="text-fail">
            {setSeverity.error.message}
          </p>
        )}
      </div>
    </section>
  )
}

const Fact = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div className="flex items-baseline gap-3">
    <dt className="w-26 shrink-0 text-xs text-faint">{label}</dt>
    <dd className="min-w-0 flex-1 break-words">{children}</dd>
  </div>
)

const Assignee = ({ id, assignee }: { readonly id: string; readonly assignee: string | null }) => {
  const [name, setName] = useState(assignee ?? '')
  const assign = useMutation('incidents.assign')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!assign.isPending) assign.mutate({ id, assignee: name.trim() === '' ? null : name.trim() })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-1">
      <label htmlFor="assignee" className="text-xs font-medium text-muted">
        Assigned to
      </label>
      <div className="flex gap-1.5">
        <input
          id="assignee"
          className={inputClass}
          value={name}
          placeholder="nobody"
          maxLength={100}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" isPending={assign.isPending} disabled={name.trim() === (assignee ?? '')}>
          Assign
        </Button>
      </div>
      {assign.error === null ? null : (
        <p role="alert" className="text-fail">
          {assign.error.message}
        </p>
      )}
    </form>
  )
}

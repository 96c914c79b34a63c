import type { Severity } from '@sightline/core/protocol'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useMutation, useServices } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, inputClass } from '../ui/field.tsx'
import { severities } from './incident-filter.ts'
import { severitySigns } from './incident-sign.tsx'

/** An incident that no rule has found. */
export const OpenIncident = ({ onClose }: { readonly onClose: () => void }) => {
  const [draft, setDraft] = useState({ title: '', severity: 'high' as Severity, service: '', text: '' })
  const { data: names = [] } = useServices({ select: (services) => services.map(({ name }) => name) })
  const navigate = useNavigate()
  const open = useMutation('incidents.open', {
    onSuccess: ({ id }) => void navigate({ to: '/incidents/$id', params: { id } }),
  })
  const [isMissing, setIsMissing] = useState(false)
  const faultOf = (path: string) => open.error?.fields?.find((field) => field.path === path)?.message
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const title = draft.title.trim()
    setIsMissing(title === '')
    if (title === '' || open.isPending) return
    open.mutate({
      title,
      severity: draft.severity,
      ...(draft.service === '' ? {} : { service: draft.service }),
      ...(draft.text.trim() === '' ? {} : { text: draft.text.trim() }),
    })
  }
  return (
    <Dialog title="Open incident" isOpen onClose={onClose}>
      <form className="flex flex-col gap-3" noValidate onSubmit={submit}>
        <Field label="Title" error={isMissing ? 'Title is missing' : faultOf('title')}>
          {(control) => (
            <input
              {...control}
              className={inputClass}
              value={draft.title}
              onChange={(event) => setDraft({ ...draft, title: event.target.value })}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Severity">
            {(control) => (
              <select
                {...control}
                className={inputClass}
                value={draft.severity}
                onChange={(event) => setDraft({ ...draft, severity: event.target.value as Severity })}
              >
                {severities.map((severity) => (
                  <option key={severity} value={severity}>
                    {severitySigns[severity].label}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Service" error={faultOf('service')}>
            {(control) => (
              <select
                {...control}
                className={inputClass}
                value={draft.service}
                onChange={(event) => setDraft({ ...draft, service: event.target.value })}
              >
                <option value="">None</option>
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Field label="What is seen" error={faultOf('text')}>
          {(control) => (
            <textarea
              {...control}
              rows={3}
              className={`${inputClass} h-auto py-1.5`}
              value={draft.text}
              onChange={(event) => setDraft({ ...draft, text: event.target.value })}
            />
          )}
        </Field>
        {open.error !== null && open.error.fields === undefined ? (
          <p role="alert" className="text-fail">
            {open.error.message}
          </p>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" tone="primary" isPending={open.isPending}>
            Open incident
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

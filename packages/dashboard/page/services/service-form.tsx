import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { queryOptions } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { Field, inputClass } from '../ui/field.tsx'
import { checkFieldsOf, kindName } from './check-fields.ts'
import { CheckOptions } from './check-options.tsx'
import { CheckTrial } from './check-trial.tsx'
import { type Faults, faultAt, otherFaults, type ServiceDraft } from './service-draft.ts'

interface ServiceFormProps {
  readonly initial: ServiceDraft
  readonly isNew: boolean
  readonly faults: Faults
  readonly isSaving: boolean
  readonly onSave: (draft: ServiceDraft) => void
}

const knownKinds = ['http', 'tcp', 'tls', 'dns', 'postgres', 'mongodb', 'redis', 'heartbeat']

const shownPaths = ['name', 'title', 'description', 'regions', 'intervalMs', 'timeoutMs', 'tags', 'owner', 'quorum', 'dependsOn']

export const ServiceForm = ({ initial, isNew, faults, isSaving, onSave }: ServiceFormProps) => {
  const [draft, setDraft] = useState(initial)
  const { data } = useQuery({ ...queryOptions('services.kinds', {}), staleTime: 60_000 })
  const form = useRef<HTMLFormElement>(null)
  const set = (next: Partial<ServiceDraft>) => setDraft((last) => ({ ...last, ...next }))
  // The keyboard goes on at the first field that is wrong.
  useEffect(() => {
    if (Object.keys(faults).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [faults])
  const offered = data?.kinds ?? knownKinds
  const kinds = [...new Set([...offered, 'heartbeat', 'report', draft.kind])]
  const others = otherFaults(faults, [...shownPaths, 'check'])
  const text = (
    field: keyof ServiceDraft & string,
    label: string,
    rest: { path?: string; hint?: string; placeholder?: string } = {},
  ) => (
    <Field label={label} error={faultAt(faults, rest.path ?? field)} hint={rest.hint}>
      {(control) => (
        <input
          {...control}
          className={inputClass}
          value={String(draft[field])}
          placeholder={rest.placeholder}
          autoComplete="off"
          onChange={(event) => set({ [field]: event.target.value })}
        />
      )}
    </Field>
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isSaving) onSave(draft)
  }
  return (
    <form ref={form} className="flex flex-col gap-4" noValidate onSubmit={submit}>
      <div className="grid gap-3 sm:grid-cols-2">
        {isNew ? text('name', 'Name', { placeholder: 'checkout' }) : null}
        {text('title', 'Title', { hint: 'How it is shown. Else its name.' })}
      </div>
      <Field
        label="Check"
        hint={draft.kind === 'heartbeat' ? 'Down when it was not told for longer than its interval.' : undefined}
      >
        {(control) => (
          <select
            {...control}
            className={inputClass}
            value={draft.kind}
            onChange={(event) => set({ kind: event.target.value, options: {}, moreOptions: '' })}
          >
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {kindName(kind)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <CheckOptions draft={draft} fields={checkFieldsOf(draft.kind)} faults={faults} onChange={set} />
      {draft.kind === 'heartbeat' || draft.kind === 'report' ? null : <CheckTrial draft={draft} />}
      <div className="grid gap-3 sm:grid-cols-2">
        {text('intervalSeconds', 'Every, in seconds', { path: 'intervalMs' })}
        {text('timeoutSeconds', 'Timeout, in seconds', { path: 'timeoutMs', placeholder: 'the interval, at most 10' })}
        {text('regions', 'Regions', { placeholder: 'default', hint: 'Separated by commas.' })}
        <Field label="Down when so many regions say so" error={faultAt(faults, 'quorum')} hint="any, majority, all or a number">
          {(control) => (
            <input
              {...control}
              className={inputClass}
              value={draft.quorum}
              onChange={(event) => set({ quorum: event.target.value.trim() })}
            />
          )}
        </Field>
        {text('tags', 'Tags', { hint: 'Separated by commas.' })}
        {text('owner', 'Owner', { placeholder: 'payments@example.org' })}
      </div>
      {text('dependsOn', 'Depends on', {
        hint: 'Services without which it cannot work: while one is down, its notices are held.',
      })}
      <Field label="Description" error={faultAt(faults, 'description')}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            className={`${inputClass} h-auto py-1.5`}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        )}
      </Field>
      <div role="alert" className="text-fail empty:hidden">
        {others.length === 0 ? null : others.map((fault) => <p key={fault}>{fault}</p>)}
      </div>
      <div className="flex justify-end">
        <Button type="submit" tone="primary" isPending={isSaving}>
          {isNew ? 'Add service' : 'Save'}
        </Button>
      </div>
    </form>
  )
}

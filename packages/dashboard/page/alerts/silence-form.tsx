import { type FormEvent, useState } from 'react'
import { useMutation } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { splitNames } from '../services/service-draft.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, inputClass } from '../ui/field.tsx'

const spans = { '30 minutes': 1_800_000, '1 hour': 3_600_000, '4 hours': 14_400_000, '1 day': 86_400_000, '7 days': 604_800_000 }

type Span = keyof typeof spans

const targets = [
  ['services', 'Services'],
  ['tags', 'Tags'],
  ['rules', 'Rules'],
  ['regions', 'Regions'],
] as const

/** A silence from now on. */
export const SilenceForm = ({ onClose }: { readonly onClose: () => void }) => {
  const now = useNow()
  const [draft, setDraft] = useState({ services: '', tags: '', rules: '', regions: '', reason: '', span: '1 hour' as Span })
  const [fault, setFault] = useState<string | null>(null)
  const create = useMutation('silences.create', { onSuccess: onClose })
  const faultOf = (path: string) => create.error?.fields?.find((field) => field.path.split('.')[0] === path)?.message
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (create.isPending) return
    const named = Object.fromEntries(
      targets.map(([field]) => [field, splitNames(draft[field])] as const).filter(([, names]) => names.length > 0),
    )
    const isAboutNothing = Object.keys(named).length === 0
    setFault(isAboutNothing ? 'Name at least one service, tag, rule or region' : null)
    if (isAboutNothing) return
    const from = Math.floor(now)
    create.mutate({ ...named, from, to: from + spans[draft.span], reason: draft.reason.trim() })
  }
  return (
    <Dialog title="Add silence" isOpen onClose={onClose}>
      <form className="flex flex-col gap-3" noValidate onSubmit={submit}>
        <div className="grid gap-3 sm:grid-cols-2">
          {targets.map(([field, label], i) => (
            <Field
              key={field}
              label={label}
              error={i === 0 && fault !== null ? fault : faultOf(field)}
              hint={i === 0 ? 'Separated by commas.' : undefined}
            >
              {(control) => (
                <input
                  {...control}
                  className={inputClass}
                  value={draft[field]}
                  onChange={(event) => setDraft({ ...draft, [field]: event.target.value })}
                />
              )}
            </Field>
          ))}
          <Field label="For" error={faultOf('to')}>
            {(control) => (
              <select
                {...control}
                className={inputClass}
                value={draft.span}
                onChange={(event) => setDraft({ ...draft, span: event.target.value as Span })}
              >
                {Object.keys(spans).map((span) => (
                  <option key={span}>{span}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Reason" error={faultOf('reason')}>
            {(control) => (
              <input
                {...control}
                className={inputClass}
                value={draft.reason}
                onChange={(event) => setDraft({ ...draft, reason: event.target.value })}
              />
            )}
          </Field>
        </div>
        {create.error === null || create.error.fields !== undefined ? null : (
          <p role="alert" className="text-fail">
            {create.error.message}
          </p>
        )}
        <div className="flex justify-end">
          <Button type="submit" tone="primary" isPending={create.isPending}>
            Add silence
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

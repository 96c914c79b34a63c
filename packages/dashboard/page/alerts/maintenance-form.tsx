import { type FormEvent, useState } from 'react'
import { fromLocalTime, toLocalTime } from '../format/local-time.ts'
import { useMutation } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, inputClass } from '../ui/field.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { type MaintenanceDraft, maintenanceOf } from './maintenance-draft.ts'

/** A maintenance window, once or again and again. */
export const MaintenanceForm = ({ onClose }: { readonly onClose: () => void }) => {
  const now = useNow()
  const [draft, setDraft] = useState<MaintenanceDraft>(() => ({
    title: '',
    services: '',
    tags: '',
    when: 'once',
    from: toLocalTime(now),
    to: toLocalTime(now + 3_600_000),
    cron: '0 3 * * 0',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    minutes: '60',
  }))
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({})
  const create = useMutation('maintenance.create', {
    onSuccess: onClose,
    onError: (error) =>
      setFaults(
        Object.fromEntries((error.fields ?? [{ path: '', message: error.message }]).map(({ path, message }) => [path, message])),
      ),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (create.isPending) return
    const made = maintenanceOf(draft, fromLocalTime)
    setFaults(made.faults)
    if (made.input !== null) create.mutate(made.input)
  }
  const field = (
    name: Exclude<keyof MaintenanceDraft, 'when'>,
    label: string,
    rest: { path?: string; type?: string; hint?: string } = {},
  ) => (
    <Field label={label} error={faults[rest.path ?? name]} hint={rest.hint}>
      {(control) => (
        <input
          {...control}
          type={rest.type ?? 'text'}
          {...(rest.type === 'datetime-local' ? { step: 1 } : {})}
          className={inputClass}
          value={draft[name]}
          onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
        />
      )}
    </Field>
  )
  const shown = ['title', 'services', 'tags', 'from', 'to', 'cron', 'timeZone', 'durationMs']
  const others = Object.entries(faults).filter(([path]) => !shown.includes(path))
  return (
    <Dialog title="Add maintenance window" isOpen onClose={onClose}>
      <form className="flex flex-col gap-3" noValidate onSubmit={submit}>
        {field('title', 'Title')}
        <div className="grid gap-3 sm:grid-cols-2">
          {field('services', 'Services', { hint: 'Separated by commas.' })}
          {field('tags', 'Tags')}
        </div>
        <div>
          <Segmented
            label="When"
            value={draft.when}
            onChange={(when) => setDraft({ ...draft, when })}
            options={[
              { value: 'once', label: 'Once' },
              { value: 'again', label: 'Again and again' },
            ]}
          />
        </div>
        <div className="grid gap-3 sm:grid-cols-2">
          {draft.when === 'once' ? (
            <>
              {field('from', 'From', { type: 'datetime-local' })}
              {field('to', 'To', { type: 'datetime-local' })}
            </>
          ) : (
            <>
              {field('cron', 'Begins (cron)', { hint: 'minute hour day month weekday' })}
              {field('timeZone', 'Time zone')}
              {field('minutes', 'Minutes', { path: 'durationMs', type: 'number' })}
            </>
          )}
        </div>
        {others.length === 0 ? null : (
          <div role="alert" className="text-fail">
            {others.map(([path, message]) => (
              <p key={path}>{message}</p>
            ))}
          </div>
        )}
        <div className="flex justify-end">
          <Button type="submit" tone="primary" isPending={create.isPending}>
            Add window
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

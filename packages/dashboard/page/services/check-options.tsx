import { Field, inputClass } from '../ui/field.tsx'
import type { CheckField } from './check-fields.ts'
import { type Faults, faultAt, otherFaults, type ServiceDraft } from './service-draft.ts'

interface CheckOptionsProps {
  readonly draft: ServiceDraft
  readonly fields: readonly CheckField[]
  readonly faults: Faults
  readonly onChange: (next: Partial<ServiceDraft>) => void
}

/** The options of a kind of check: a field for those that matter, JSON for all others. */
export const CheckOptions = ({ draft, fields, faults, onChange }: CheckOptionsProps) => {
  if (draft.kind === 'report' || draft.kind === 'heartbeat') return null
  const own = fields.map(({ name }) => `check.${name}`)
  const rest = otherFaults(Object.fromEntries(Object.entries(faults).filter(([path]) => /^check(\.|$)/.test(path))), own)
  const setOption = (name: string, value: string) => onChange({ options: { ...draft.options, [name]: value } })
  return (
    <>
      {fields.map(({ name, label, type, placeholder }) => (
        <Field key={name} label={label} error={faultAt(faults, `check.${name}`)}>
          {(control) =>
            type === 'lines' ? (
              <textarea
                {...control}
                rows={3}
                className={`${inputClass} h-auto py-1.5 font-mono text-xs`}
                value={draft.options[name] ?? ''}
                onChange={(event) => setOption(name, event.target.value)}
              />
            ) : (
              <input
                {...control}
                type={type === 'number' ? 'number' : 'text'}
                className={inputClass}
                placeholder={placeholder}
                autoComplete="off"
                value={draft.options[name] ?? ''}
                onChange={(event) => setOption(name, event.target.value)}
              />
            )
          }
        </Field>
      ))}
      <details open={rest.length > 0 || draft.moreOptions !== ''}>
        <summary className="w-fit rounded-sm text-xs font-medium text-muted">More options of this check</summary>
        <Field
          className="mt-2"
          label="As JSON"
          error={rest.length === 0 ? undefined : rest.map((fault) => fault.replace(/^check(\.|: )/, '')).join('; ')}
          hint={'Such as { "method": "HEAD", "headers": { "x-key": "…" } }. *** keeps a secret.'}
        >
          {(control) => (
            <textarea
              {...control}
              rows={4}
              spellCheck={false}
              className={`${inputClass} h-auto py-1.5 font-mono text-xs`}
              value={draft.moreOptions}
              onChange={(event) => onChange({ moreOptions: event.target.value })}
            />
          )}
        </Field>
      </details>
    </>
  )
}

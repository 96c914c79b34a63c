import { type ReactElement, type ReactNode, useId } from 'react'
import { cn } from './class-names.ts'

export const inputClass =
  'h-8 w-full min-w-0 rounded-md border border-line-strong/50 bg-surface px-2 placeholder:text-faint aria-invalid:border-fail'

/** What the control of a field takes. */
export interface ControlProps {
  readonly id: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string | undefined
}

interface FieldProps {
  readonly label: string
  readonly error?: string | undefined
  readonly hint?: ReactNode
  readonly className?: string
  readonly children: (control: ControlProps) => ReactElement
}

/** A control with its label, its hint and what is wrong with it. */
export const Field = ({ label, error, hint, className, children }: FieldProps) => {
  const id = useId()
  const note = `${id}-note`
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-xs font-medium text-muted">
        {label}
      </label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': error !== undefined || hint !== undefined ? note : undefined,
      })}
      {error !== undefined || hint !== undefined ? (
        <p id={note} className={cn('text-xs', error === undefined ? 'text-faint' : 'text-fail')}>
          {error ?? hint}
        </p>
      ) : null}
    </div>
  )
}

import { LoaderCircle } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { cn } from './class-names.ts'

interface ButtonProps extends ComponentProps<'button'> {
  readonly icon?: ReactNode
  /** Shows that it is working, and takes no further press. It keeps the focus. */
  readonly isPending?: boolean
  readonly tone?: 'plain' | 'primary' | 'ghost' | 'danger'
}

const tones = {
  plain: 'border border-line bg-surface text-text hover:bg-hover',
  primary: 'bg-accent text-on-accent hover:opacity-90',
  ghost: 'text-muted hover:bg-hover hover:text-text',
  danger: 'bg-fail text-surface hover:opacity-90',
}

export const buttonClass = (tone: keyof typeof tones = 'plain'): string =>
  cn(
    'inline-flex h-8 items-center justify-center gap-1.5 rounded-md px-2.5 font-medium whitespace-nowrap select-none disabled:opacity-60',
    tones[tone],
  )

export const Button = ({ icon, isPending = false, tone, className, children, onClick, ...props }: ButtonProps) => (
  <button
    type="button"
    {...props}
    className={cn(buttonClass(tone), className)}
    aria-busy={isPending || undefined}
    aria-disabled={isPending || undefined}
    onClick={isPending ? undefined : onClick}
  >
    {isPending ? <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> : icon}
    {children}
  </button>
)

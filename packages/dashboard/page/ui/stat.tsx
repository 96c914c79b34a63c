import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

interface StatProps {
  readonly label: string
  readonly tone?: string | undefined
  readonly children: ReactNode
}

/** One figure of a strip; the strip is a `dl` that hides what its edges overlap. */
export const Stat = ({ label, tone, children }: StatProps) => (
  <div className="-mr-px -mb-px border-r border-b border-line px-3 py-2.5 sm:px-4 sm:py-3">
    <dt className="text-xs text-faint">{label}</dt>
    <dd className={cn('mt-0.5 truncate text-lg font-semibold tracking-tight sm:text-xl', tone)}>{children}</dd>
  </div>
)

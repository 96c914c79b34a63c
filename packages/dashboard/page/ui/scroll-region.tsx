import type { ReactNode } from 'react'
import { cn } from './class-names.ts'

interface ScrollRegionProps {
  readonly label: string
  readonly className?: string
  readonly children: ReactNode
}

/** What scrolls by itself must be reachable by keyboard, and have a name. */
export const ScrollRegion = ({ label, className, children }: ScrollRegionProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it
  <section tabIndex={0} aria-label={label} className={cn('overflow-auto -outline-offset-2', className)}>
    {children}
  </section>
)

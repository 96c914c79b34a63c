import type { LogSeverity } from '@sightline/core/protocol'
import { cn } from '../ui/class-names.ts'

const tones: Readonly<Record<LogSeverity, string>> = {
  debug: 'text-faint',
  info: 'text-muted',
  warn: 'text-late',
  error: 'text-fail',
  fatal: 'text-fail font-bold',
}

export const LogSeverityWord = ({ severity }: { readonly severity: LogSeverity }) => (
  <span className={cn('font-semibold uppercase', tones[severity])}>{severity}</span>
)

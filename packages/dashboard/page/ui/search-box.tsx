import { Search } from 'lucide-react'
import { cn } from './class-names.ts'

interface SearchBoxProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly className?: string
}

export const SearchBox = ({ label, value, onChange, className }: SearchBoxProps) => (
  <label className={cn('relative w-full sm:w-64', className)}>
    <span className="sr-only">{label}</span>
    <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
    <input
      type="search"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      placeholder={label}
      className="h-8 w-full rounded-md border border-line bg-surface pr-2 pl-8 placeholder:text-faint"
    />
  </label>
)

import { cn } from './class-names.ts'

interface SegmentedProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly label: string; readonly count?: number | undefined }[]
  readonly onChange: (value: T) => void
}

/** One of a few: radio buttons that look like one control. */
export const Segmented = <T extends string>({ label, value, options, onChange }: SegmentedProps<T>) => (
  <fieldset className="inline-flex h-8 items-stretch rounded-md border border-line bg-surface p-0.5">
    <legend className="sr-only">{label}</legend>
    {options.map((option) => (
      <label
        key={option.value}
        className={cn(
          'relative flex items-center gap-1.5 rounded-sm px-2 font-medium whitespace-nowrap has-focus-visible:outline-2 has-focus-visible:outline-focus',
          option.value === value ? 'bg-hover text-text' : 'text-muted hover:text-text',
        )}
      >
        <input
          type="radio"
          className="absolute inset-0 m-0 cursor-pointer appearance-none outline-none"
          name={label}
          value={option.value}
          checked={option.value === value}
          onChange={() => onChange(option.value)}
        />
        {option.label}
        {option.count === undefined ? null : <span className="text-2xs text-faint">{option.count}</span>}
      </label>
    ))}
  </fieldset>
)

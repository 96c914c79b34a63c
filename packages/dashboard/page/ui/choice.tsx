interface ChoiceProps<T extends string> {
  readonly label: string
  /** What is shown for no choice. */
  readonly none: string
  readonly value: T | undefined
  readonly options: readonly T[]
  readonly nameOf?: (option: T) => string
  readonly onChange: (value: T | undefined) => void
}

/** One of several, or none: a select in a bar of filters. What the address names is shown, even where it is not there any more. */
export const Choice = <T extends string>({ label, none, value, options, nameOf = String, onChange }: ChoiceProps<T>) => (
  <label className="min-w-0">
    <span className="sr-only">{label}</span>
    <select
      value={value ?? ''}
      onChange={(event) => onChange((event.target.value || undefined) as T | undefined)}
      className="h-8 max-w-44 rounded-md border border-line bg-surface px-2 font-medium"
    >
      <option value="">{none}</option>
      {(value === undefined || options.includes(value) ? options : [value, ...options]).map((option) => (
        <option key={option} value={option}>
          {nameOf(option)}
        </option>
      ))}
    </select>
  </label>
)

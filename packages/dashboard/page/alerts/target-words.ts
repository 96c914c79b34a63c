interface Targets {
  readonly services?: readonly string[]
  readonly rules?: readonly string[]
  readonly tags?: readonly string[]
  readonly regions?: readonly string[]
}

/** What a silence or a maintenance window is about, in words. */
export const targetWords = ({ services, rules, tags, regions }: Targets): string => {
  const parts = [
    services === undefined ? null : services.join(', '),
    tags === undefined ? null : `tagged ${tags.join(', ')}`,
    rules === undefined ? null : `by rule ${rules.join(', ')}`,
    regions === undefined ? null : `in ${regions.join(', ')}`,
  ].filter((each) => each !== null)
  return parts.length === 0 ? 'Everything' : parts.join(' · ')
}

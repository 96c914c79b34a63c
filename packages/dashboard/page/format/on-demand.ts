/**
 * Made when it is first asked for. Formats are slow to make (languages and time zones are read), and a page that is loading needs few.
 */
export const onDemand = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

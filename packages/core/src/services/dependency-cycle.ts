/** The way from a service over what it needs back to itself; null where there is none. Two that wait for each other would both be silent. */
export const findCycle = (
  services: ReadonlyMap<string, { readonly dependsOn?: readonly string[] }>,
  name: string,
  dependsOn: readonly string[],
): readonly string[] | null => {
  const visited = new Set<string>()
  const walk = (at: string, way: readonly string[]): readonly string[] | null => {
    if (at === name) return [...way, at]
    if (visited.has(at)) return null
    visited.add(at)
    for (const next of services.get(at)?.dependsOn ?? []) {
      const found = walk(next, [...way, at])
      if (found !== null) return found
    }
    return null
  }
  for (const next of dependsOn) {
    const found = next === name ? null : walk(next, [name])
    if (found !== null) return found
  }
  return null
}

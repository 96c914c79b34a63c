/** In the order in which they are tried: `Ms` before `S`. */
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['PerSecond', '/s'],
  ['PerMinute', '/min'],
  ['Percent', '%'],
  ['Seconds', 's'],
  ['Bytes', 'B'],
  ['Days', 'd'],
  ['Ms', 'ms'],
  ['Kb', 'KB'],
  ['Mb', 'MB'],
  ['Gb', 'GB'],
  ['S', 's'],
]

/** The unit that a number's name ends in (`latencyMs` → `ms`, `cpuPercent` → `%`); null where it ends in none. */
export const unitOf = (name: string): string | null =>
  UNITS.find(([suffix]) => /[a-z0-9]/.test(name.at(-suffix.length - 1) ?? '') && name.endsWith(suffix))?.[1] ?? null

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** How long ago, in the one unit a person would use: `now`, `4 s`, `12 min`, `3 d`. */
export const formatAge = (ageMs: number): string => {
  const unit = units.find(([, ms]) => ageMs >= ms)
  return unit === undefined ? 'now' : `${Math.floor(ageMs / unit[1])} ${unit[0]}`
}

/** As a part of a sentence: `just now`, `4 s ago`. */
export const formatAgo = (ageMs: number): string => {
  const age = formatAge(ageMs)
  return age === 'now' ? 'just now' : `${age} ago`
}

/** A set duration, exact: `500 ms`, `1.5 s`, `5 min`. */
export const formatInterval = (ms: number): string => {
  const [name, size] = units.find(([, unit]) => ms >= unit && (ms % unit === 0 || unit === 1_000)) ?? ['ms', 1]
  return `${Number((ms / size).toFixed(3))} ${name}`
}

/** A measured time with three significant digits: `0.84 ms`, `12.4 ms`, `1.2 s`. */
export const formatLatency = (ms: number): string => {
  if (ms >= 1_000) return `${(ms / 1_000).toPrecision(3)} s`
  if (ms >= 100) return `${Math.round(ms)} ms`
  return `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`
}

const LONGEST = 100

/** A name from outside, quoted for a message; of a long one only the beginning, so that nobody is sent their own megabyte back. */
export const spellName = (name: unknown): string => {
  if (typeof name !== 'string') return `of type ${typeof name}`
  return JSON.stringify(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name)
}

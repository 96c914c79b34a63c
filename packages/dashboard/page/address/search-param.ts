/** The address as the router has read it: numbers and booleans are no texts any more. */
export type Search = Readonly<Record<string, unknown>>

const longest = 500

/** A text of the address; undefined where there is none. */
export const textParam = (value: unknown): string | undefined => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text.slice(0, longest) : undefined
}

/** One of a few; undefined where it is none of them. */
export const choiceParam = <T extends string>(value: unknown, choices: readonly T[]): T | undefined =>
  choices.find((choice) => choice === value)

/** A time in ms since the Unix epoch; undefined where it is none. */
export const timeParam = (value: unknown): number | undefined => {
  const time = typeof value === 'string' ? Number(value) : value
  return typeof time === 'number' && Number.isSafeInteger(time) && time >= 0 ? time : undefined
}

/** Fields with no value are not in the address. */
export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

export const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>

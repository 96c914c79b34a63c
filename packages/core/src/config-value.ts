import { z } from 'zod'
import { isRecord } from './protocol/is-record.ts'
import { isLine, lineFault } from './text-line.ts'

/** A value judged by one condition. It does not abort what surrounds it: every fault of a configuration is listed at once. */
export const must = <T>(message: string, accepts: (value: unknown) => boolean) =>
  z.custom<T>(accepts, { error: message, abort: false })

const grouped = (value: number): string => value.toLocaleString('en-US')

/** A number of a unit within bounds, with one message for whatever is wrong with it. */
export const quantity = (unit: string, from: number, to: number) =>
  must<number>(
    `must be a whole number of ${unit} from ${grouped(from)} to ${grouped(to)}`,
    (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
  )

export const positive = (unit: string, to: number) =>
  must<number>(
    `must be a number of ${unit} above 0, at most ${grouped(to)}`,
    (value) => typeof value === 'number' && value > 0 && value <= to,
  )

export const text = (longest: number) =>
  must<string>(
    `must be a text of 1 to ${grouped(longest)} characters without control characters`,
    (value) => typeof value === 'string' && value.length >= 1 && value.length <= longest && !/\p{Cc}/u.test(value),
  )

/** A title, a tag, a name from outside: one line that shows something, by the one rule there is for them (`isLine`). */
export const line = (longest: number) => {
  const error = lineFault(longest)
  return z
    .string({ error })
    .max(longest, { error })
    .refine((value) => value.length > longest || isLine(value, longest), { error })
}

/** A part made by code: known by the methods it must have. */
export const part = (what: string, ...methods: readonly string[]) =>
  must<object>(`must be ${what}`, (value) => isRecord(value) && methods.every((name) => typeof value[name] === 'function'))

/** Names become parts of rooms and ids: `:` parts a room of version 1. */
const nameFault = (name: string): string | null =>
  name.length >= 1 && name.length <= 100 && !/[\p{Cc}:]/u.test(name) && name !== '__proto__'
    ? null
    : 'must be named with 1 to 100 characters, no control characters, no ":"'

/** A record of named things, at least one unless it `mayBeEmpty`. By hand: `z.record` passes over a key `__proto__`. */
export const named = <T extends z.ZodType>(noun: string, schema: T, { mayBeEmpty = false } = {}) =>
  z.unknown().superRefine((value, context) => {
    if (value === undefined) context.addIssue({ code: 'custom', message: `is missing: name at least one ${noun}` })
    else if (!isRecord(value)) context.addIssue({ code: 'custom', message: `must be an object of ${noun}s by name` })
    else if (Object.keys(value).length === 0 && !mayBeEmpty)
      context.addIssue({ code: 'custom', message: `needs at least one ${noun}` })
    else {
      for (const [name, item] of Object.entries(value)) {
        const fault = nameFault(name)
        if (fault !== null) context.addIssue({ code: 'custom', path: [name], message: fault })
        for (const issue of schema.safeParse(item).error?.issues ?? []) {
          context.addIssue({ ...issue, path: [name, ...issue.path] } as Parameters<typeof context.addIssue>[0])
        }
      }
    }
  })

import { z } from 'zod'
import { must } from '../config-value.ts'
import { isLine } from '../text-line.ts'
import { serviceName } from './service-schema.ts'

/** Characters that part a folded name are in no name, unit or tag. */
const word = (what: string, longest: number) =>
  must<string>(
    `must be a ${what} of 1 to ${longest} characters in one line, without [ ] { } and marks of direction`,
    (value) => isLine(value, longest) && !/[[\]{}]/.test(value) && value !== '__proto__',
  )

const number = must<number>('must be a finite number', (value) => typeof value === 'number' && Number.isFinite(value))

/** A record of at most so many entries, each judged. By hand: `z.record` passes over a key `__proto__`. */
const entries = <V extends z.ZodType>(what: string, most: number, { key, value }: { key: z.ZodType; value: V }) =>
  must<Readonly<Record<string, z.output<V>>>>(`must be an object of at most ${most} ${what}`, (raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return false
    const all = Object.entries(raw)
    return all.length <= most && all.every(([name, item]) => key.safeParse(name).success && value.safeParse(item).success)
  })

const time = must<number>(
  'must be a time in ms since the Unix epoch',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)

const metric = z.strictObject({
  name: word('name', 100),
  value: number,
  unit: word('unit', 20).optional(),
  tags: entries('tags of up to 50 characters, each a text of up to 100', 10, {
    key: word('tag', 50).refine((tag) => !/[=,"]/.test(tag)),
    value: must<string>('', (value) => value === '' || isLine(value, 100)),
  }).optional(),
  at: time.optional(),
})

const MOST_VALUES = 50

/** The fields of `ServiceReport`. */
export const reportFields = {
  status: z.enum(['up', 'degraded', 'down']).optional(),
  region: serviceName.optional(),
  values: entries('finite numbers, each by a name of up to 100 characters', MOST_VALUES, {
    key: word('name', 100),
    value: number,
  }).optional(),
  metrics: z.array(metric, { error: 'must be a list of at most 100 metrics' }).max(100).readonly().optional(),
  reason: must<string>(
    'must be a text of at most 1,000 characters',
    (value) => typeof value === 'string' && value.length <= 1_000,
  ).optional(),
  at: time.optional(),
}

/** What a service reports of itself. */
export const reportSchema = z.strictObject(reportFields, { error: 'must be an object' })

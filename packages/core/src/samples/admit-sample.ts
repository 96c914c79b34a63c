import type { Sample, Verdict } from '../domain/sample.ts'
import type { Point } from '../ports/samples.ts'
import { LARGEST } from './value-stats.ts'

/** The name that a verdict is kept under, as a number. */
export const UP = 'up'

const NUMBERS: Readonly<Record<Verdict, number>> = { up: 1, degraded: 0.5, down: 0 }
const VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [1, 'up'],
  [0.5, 'degraded'],
  [0, 'down'],
])

/** Names that one series has numbers of, at most. */
const MAX_NAMES = 60
const MAX_NAME_LENGTH = 100
/** Control characters, and halves of characters: no store keeps them alike. */
const UNFIT_NAME = /[\p{Cc}\p{Surrogate}]/u

export interface Admission {
  /** null where nothing is left of it. */
  readonly point: Point | null
  readonly refusedValues: number
}

/**
 * A sample as it is stored: finite numbers alone, of no more names than a series may have. `names` are those it has; new ones are added. What
 * the sample itself calls `up` gives way to the verdict.
 */
export const admitSample = ({ team, service, region, at, verdict, values }: Sample, names: Set<string>): Admission => {
  const isFit = (name: string): boolean => name !== UP && isMeasured(values[name]) && hasRoom(names, name)
  const given = Object.keys(values)
  const fit = given.filter(isFit)
  // A name like `__proto__` is a name like any other, to copies and to what is made from entries.
  const admitted = fit.length === given.length ? values : Object.fromEntries(fit.map((name) => [name, values[name] as number]))
  const refusedValues = given.length - fit.length - (Object.hasOwn(values, UP) ? 1 : 0)
  if ((fit.length === 0 && verdict === null) || !Number.isSafeInteger(at)) return { point: null, refusedValues }
  const point: Point = {
    series: { team, service, region },
    at,
    values: verdict === null ? { ...admitted } : { [UP]: NUMBERS[verdict], ...admitted },
  }
  return { point, refusedValues }
}

/** What was stored, as the sample that it was. */
export const toSample = ({ series, at, values: { [UP]: up, ...values } }: Point): Sample => ({
  ...series,
  at,
  verdict: up === undefined ? null : (VERDICTS.get(up) ?? null),
  values,
})

const isMeasured = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= LARGEST

const hasRoom = (names: Set<string>, name: string): boolean => {
  if (names.has(name)) return true
  if (names.size >= MAX_NAMES || name === '' || name.length > MAX_NAME_LENGTH || UNFIT_NAME.test(name)) return false
  names.add(name)
  return true
}

import { createPointEncoder, fromPointBytes } from '@sightline/core/driver'
import type { SqlDialect } from '../dialect.ts'
import type { StoredValues } from '../schema.ts'

/** A point's values as JSON text. `JSON.stringify` alone would turn -0 into 0. */
export const toValuesText = (values: Readonly<Record<string, number>>): string => {
  for (const name in values) {
    if (Object.is(values[name], -0)) return withNegativeZero(values)
  }
  return JSON.stringify(values)
}

/** How a batch's values are stored. */
export const createValuesEncoder = ({ name }: SqlDialect): ((values: Readonly<Record<string, number>>) => StoredValues) =>
  name === 'sqlite' ? createPointEncoder() : toValuesText

export const fromStoredValues = (stored: StoredValues): Readonly<Record<string, number>> =>
  typeof stored === 'string' ? JSON.parse(stored) : fromPointBytes(stored)

const withNegativeZero = (values: Readonly<Record<string, number>>): string =>
  `{${Object.entries(values)
    .map(([name, value]) => `${JSON.stringify(name)}:${Object.is(value, -0) ? '-0' : JSON.stringify(value)}`)
    .join(',')}}`

/**
 * A number that a double cannot hold. `spelling` is its exact decimal value in scientific notation, so that two of them are the same
 * number exactly when they are spelled the same.
 */
export class ExactNumber {
  readonly spelling: string

  constructor(spelling: string) {
    this.spelling = spelling
  }
}

// Up to 15 digits and a power of ten of up to two, every decimal survives the way through a double (IEEE 754: DBL_DIG is 15).
const suspicious = /(?:^|[\s:,[])-?\d(?:[\d.]{15}|[\d.]*[eE][+-]?\d{3})/
const candidates = /(?:^|[\s:,[])(-?\d[\d.]*(?:[eE][+-]?\d+)?)/g

// The decimal value of a literal: sign, digits without zeros at either end, power of ten. Null for what is not a number.
const decimal = (literal: string): string | null => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)
  if (parts === null) return null
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`
}

/** The exact number a literal stands for, or null where a double holds it (or where it is no number). */
export const exactNumber = (literal: string): ExactNumber | null => {
  const spelled = String(Number(literal))
  if (spelled === literal) return null
  const value = decimal(literal)
  return value === null || value === decimal(spelled) ? null : new ExactNumber(value)
}

/** May a JSON text hold a number that a double cannot? Quick; never misses one. */
export const hasExactNumbers = (text: string): boolean => {
  if (!suspicious.test(text)) return false
  for (const [, literal = ''] of text.matchAll(candidates)) if (exactNumber(literal) !== null) return true
  return false
}

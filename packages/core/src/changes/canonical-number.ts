/**
 * The canonical spelling of a JSON number: its exact decimal value, laid out as ECMAScript lays numbers out (`Number::toString`, which RFC
 * 8785 takes over). What a double holds is spelled as `JSON.stringify` would; of what it does not hold, no digit is lost. A number whose
 * exponent has more than 15 digits stays as it came.
 *
 * @example canonicalNumber('1.50e1') // '15'
 * canonicalNumber('9007199254740993.0') // '9007199254740993'
 */
export const canonicalNumber = (literal: string): string => {
  // Up to 15 digits survive the way through a double (IEEE 754: DBL_DIG).
  if (literal.length <= 15 && !/e/i.test(literal)) return String(Number(literal))
  const [, sign = '', whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = withoutLastZeros(digits)
  if (significant === '') return '0'
  const exponent = Number(power)
  return Math.abs(exponent) < 1e15 ? sign + layOut(significant, exponent + digits.length - fraction.length) : literal
}

// Not `/0+$/`, which takes the square of the time over a long run of zeros in the middle.
const withoutLastZeros = (digits: string): string => {
  let end = digits.length
  while (end > 0 && digits.charAt(end - 1) === '0') end--
  return digits.slice(0, end)
}

// Where the decimal point stands counted from the first digit, as in the specification: https://tc39.es/ecma262/#sec-numeric-types-number-tostring
const layOut = (digits: string, place: number): string => {
  if (place > 0 && place <= 21) {
    return digits.length <= place ? digits.padEnd(place, '0') : `${digits.slice(0, place)}.${digits.slice(place)}`
  }
  if (place > -6 && place <= 0) return `0.${'0'.repeat(-place)}${digits}`
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${digits.charAt(0)}${fraction}e${place > 0 ? '+' : ''}${place - 1}`
}

/** Grows as it is written to. */
export interface ByteWriter {
  byte(value: number): void
  /** A whole number from 0, seven bits a byte. */
  whole(value: number): void
  number(value: number): void
  /** At least one, ascending. */
  numbers(values: readonly number[]): void
  bytes(value: Uint8Array): void
  /** Whole numbers from 1, by their Elias gamma codes (P. Elias, "Universal Codeword Sets", 1975): a small one takes few bits. */
  gammas(values: readonly number[]): void
  done(): Uint8Array
}

const RAW = 7
const MOST_DECIMALS = 6
/** Decimals up to here fit into a whole number with their places and sign. */
const LARGEST_DECIMAL = 2 ** 40

export const byteWriter = (): ByteWriter => {
  const out: number[] = []

  const whole = (value: number): void => {
    let rest = value
    while (rest >= 128) {
      out.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    out.push(rest)
  }

  const raw = (value: number): void => {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value)
    let length = 8
    while (length > 0 && view.getUint8(length - 1) === 0) length--
    whole(RAW + 8 * length)
    for (let index = 0; index < length; index++) out.push(view.getUint8(index))
  }

  /**
   * Decimals with few places as whole numbers, all but the first by their distance from the one before; anything else as the bytes of the
   * double, without those that are 0 at its end.
   */
  const numbers = (values: readonly number[]): void => {
    const places = decimalPlaces(values)
    if (places === null) {
      for (const value of values) raw(value)
      return
    }
    const [first = 0, ...rest] = values.map((value) => Math.round(value * 10 ** places))
    whole(places + 8 * (first < 0 ? -2 * first - 1 : 2 * first))
    let before = first
    for (const value of rest) {
      whole(value - before)
      before = value
    }
  }

  return {
    byte: (value) => void out.push(value),
    whole,
    number: (value) => numbers([value]),
    numbers,
    bytes: (value) => {
      for (const byte of value) out.push(byte)
    },
    gammas: (values) => {
      let bits = 0
      let held = 0
      const bit = (value: number): void => {
        held = held * 2 + value
        if (++bits < 8) return
        out.push(held)
        bits = 0
        held = 0
      }
      for (const value of values) {
        const digits = value.toString(2)
        for (let index = 1; index < digits.length; index++) bit(0)
        for (const digit of digits) bit(digit === '1' ? 1 : 0)
      }
      while (bits > 0) bit(0)
    },
    done: () => Uint8Array.from(out),
  }
}

/** The places that all of them need, at most; null where one is no decimal with few: 0 alone of both zeros is one. */
export const decimalPlaces = (values: readonly number[]): number | null => {
  for (let places = 0; places <= MOST_DECIMALS; places++) {
    const scale = 10 ** places
    const fits = (value: number): boolean => {
      const scaled = Math.round(value * scale)
      return Math.abs(scaled) <= LARGEST_DECIMAL && scaled / scale === value && !Object.is(value, -0)
    }
    if (values.every(fits)) return places
  }
  return null
}

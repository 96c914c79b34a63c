const RAW = 7
const MOST_DECIMALS = 6
/** Decimals up to here fit into a whole number with their places and sign. */
const LARGEST_DECIMAL = 2 ** 40

/** Grows as it is written to. A class: one is made for every point that is stored, and its methods for all of them. */
export class ByteWriter {
  readonly #out: number[] = []

  byte(value: number): void {
    this.#out.push(value)
  }

  /** A whole number from 0, seven bits a byte. */
  whole(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#out.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    this.#out.push(rest)
  }

  number(value: number): void {
    const places = placesOf(value)
    if (places === null) this.#raw(value)
    else this.#decimal(Math.round(value * 10 ** places), places)
  }

  /**
   * At least one, ascending. Decimals with few places as whole numbers, all but the first by their distance from the one before; anything else
   * as the bytes of the double, without those that are 0 at its end.
   */
  numbers(values: readonly number[]): void {
    const places = decimalPlaces(values)
    if (places === null) {
      for (const value of values) this.#raw(value)
      return
    }
    let before: number | null = null
    for (const value of values) {
      const scaled = Math.round(value * 10 ** places)
      if (before === null) this.#decimal(scaled, places)
      else this.whole(scaled - before)
      before = scaled
    }
  }

  bytes(value: Uint8Array): void {
    for (const byte of value) this.#out.push(byte)
  }

  /** Whole numbers from 1, by their Elias gamma codes (P. Elias, "Universal Codeword Sets", 1975): a small one takes few bits. */
  gammas(values: readonly number[]): void {
    let bits = 0
    let held = 0
    const bit = (value: number): void => {
      held = held * 2 + value
      if (++bits < 8) return
      this.#out.push(held)
      bits = 0
      held = 0
    }
    for (const value of values) {
      const digits = value.toString(2)
      for (let index = 1; index < digits.length; index++) bit(0)
      for (const digit of digits) bit(digit === '1' ? 1 : 0)
    }
    while (bits > 0) bit(0)
  }

  done(): Uint8Array {
    return new Uint8Array(this.#out)
  }

  #decimal(scaled: number, places: number): void {
    this.whole(places + 8 * (scaled < 0 ? -2 * scaled - 1 : 2 * scaled))
  }

  #raw(value: number): void {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value)
    let length = 8
    while (length > 0 && view.getUint8(length - 1) === 0) length--
    this.whole(RAW + 8 * length)
    for (let index = 0; index < length; index++) this.#out.push(view.getUint8(index))
  }
}

/** Is it a decimal of so many places? 0 alone of both zeros is one. */
const fits = (value: number, places: number): boolean => {
  const scale = 10 ** places
  const scaled = Math.round(value * scale)
  return Math.abs(scaled) <= LARGEST_DECIMAL && scaled / scale === value && !Object.is(value, -0)
}

const placesOf = (value: number): number | null => {
  for (let places = 0; places <= MOST_DECIMALS; places++) if (fits(value, places)) return places
  return null
}

/** The places that all of them need, at most; null where one is no decimal with few. */
export const decimalPlaces = (values: readonly number[]): number | null => {
  for (let places = 0; places <= MOST_DECIMALS; places++) {
    if (values.every((value) => fits(value, places))) return places
  }
  return null
}

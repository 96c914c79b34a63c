const RAW = 7
const MOST_DECIMALS = 6
const LONGEST_GAMMA = 48

/**
 * Reads what a `ByteWriter` wrote; throws a `RangeError` that says what is wrong with the bytes. A class: a chart makes one for each of
 * thousands of rows, and its methods for all of them.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#position
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#position++]
    if (value === undefined) throw new RangeError('they end too early')
    return value
  }

  whole(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const next = this.byte()
      value += (next % 128) * scale
      if (!Number.isSafeInteger(value)) throw new RangeError('a whole number is too large')
      if (next < 128) return value
      scale *= 128
    }
  }

  /** Goes on behind the next `length` bytes. */
  skip(length: number): void {
    if (length > this.#bytes.length - this.#position) throw new RangeError('they end too early')
    this.#position += length
  }

  /** The next `length` bytes, without a copy. */
  bytes(length: number): Uint8Array {
    const from = this.#position
    this.skip(length)
    return this.#bytes.subarray(from, this.#position)
  }

  number(): number {
    const coded = this.whole()
    const places = placesOf(coded)
    const rest = Math.floor(coded / 8)
    return places === RAW ? this.#raw(rest) : signed(rest) / 10 ** places
  }

  numbers(count: number): number[] {
    const values: number[] = []
    let coded = this.whole()
    const places = placesOf(coded)
    let scaled = 0
    while (values.length < count) {
      const rest = Math.floor(coded / 8)
      if (places === RAW) {
        if (coded % 8 !== RAW) throw new RangeError('numbers are of two forms')
        values.push(this.#raw(rest))
      } else {
        scaled = values.length === 0 ? signed(rest) : scaled + coded
        values.push(scaled / 10 ** places)
      }
      if (values.length < count) coded = this.whole()
    }
    return values
  }

  gammas(count: number): number[] {
    const values = new Array<number>(count)
    /** The bits of the byte begun that are not read yet. */
    let held = 0
    let bits = 0
    for (let index = 0; index < count; index++) {
      let zeros = 0
      while (held === 0) {
        zeros += bits
        if (zeros > LONGEST_GAMMA) throw new RangeError('a count is too large')
        held = this.byte()
        bits = 8
      }
      const leading = Math.clz32(held) - 32 + bits
      zeros += leading
      if (zeros > LONGEST_GAMMA) throw new RangeError('a count is too large')
      bits -= leading + 1
      held &= (1 << bits) - 1
      let value = 1
      for (let left = zeros; left > 0; ) {
        if (bits === 0) {
          held = this.byte()
          bits = 8
        }
        const taken = Math.min(bits, left)
        bits -= taken
        left -= taken
        value = value * (1 << taken) + (held >> bits)
        held &= (1 << bits) - 1
      }
      values[index] = value
    }
    return values
  }

  /** A double without the bytes that are 0 at its end. By its parts (IEEE 754, binary64): to make a view for each takes longer. */
  #raw(length: number): number {
    if (length > 8) throw new RangeError('a number has too many bytes')
    let high = 0
    let low = 0
    for (let index = 0; index < 4; index++) high = high * 256 + (index < length ? this.byte() : 0)
    for (let index = 4; index < 8; index++) low = low * 256 + (index < length ? this.byte() : 0)
    const exponent = (high >>> 20) % 2 ** 11
    if (exponent === 2 ** 11 - 1) throw new RangeError('a number is not finite')
    const fraction = ((high % 2 ** 20) * 2 ** 32 + low) / 2 ** 52
    const magnitude = exponent === 0 ? fraction * 2 ** -1022 : (1 + fraction) * 2 ** (exponent - 1023)
    return high >= 2 ** 31 ? -magnitude : magnitude
  }
}

const placesOf = (coded: number): number => {
  const places = coded % 8
  if (places > MOST_DECIMALS && places !== RAW) throw new RangeError('a number has too many places')
  return places
}

/** Whole numbers by size: 0, -1, 1, -2, … */
const signed = (rest: number): number => (rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2)

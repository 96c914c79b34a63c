/** Reads what a `ByteWriter` wrote; throws a `RangeError` that says what is wrong with the bytes. */
export interface ByteReader {
  readonly isAtEnd: boolean
  byte(): number
  whole(): number
  number(): number
  numbers(count: number): number[]
  /** The next `length` bytes, without a copy. */
  bytes(length: number): Uint8Array
  gammas(count: number): number[]
}

const RAW = 7
const MOST_DECIMALS = 6
const LONGEST_GAMMA = 48

export const byteReader = (bytes: Uint8Array): ByteReader => {
  let position = 0

  const byte = (): number => {
    const value = bytes[position++]
    if (value === undefined) throw new RangeError('they end too early')
    return value
  }

  const whole = (): number => {
    let value = 0
    let scale = 1
    for (;;) {
      const next = byte()
      value += (next % 128) * scale
      if (!Number.isSafeInteger(value)) throw new RangeError('a whole number is too large')
      if (next < 128) return value
      scale *= 128
    }
  }

  const slice = (length: number): Uint8Array => {
    if (length > bytes.length - position) throw new RangeError('they end too early')
    position += length
    return bytes.subarray(position - length, position)
  }

  const raw = (length: number): number => {
    if (length > 8) throw new RangeError('a number has too many bytes')
    const view = new DataView(new ArrayBuffer(8))
    for (const [index, each] of slice(length).entries()) view.setUint8(index, each)
    const value = view.getFloat64(0)
    if (!Number.isFinite(value)) throw new RangeError('a number is not finite')
    return value
  }

  const numbers = (count: number): number[] => {
    const values: number[] = []
    let coded = whole()
    const places = coded % 8
    if (places > MOST_DECIMALS && places !== RAW) throw new RangeError('a number has too many places')
    let scaled = 0
    while (values.length < count) {
      const rest = Math.floor(coded / 8)
      if (places === RAW) {
        if (coded % 8 !== RAW) throw new RangeError('numbers are of two forms')
        values.push(raw(rest))
      } else {
        if (values.length === 0) scaled = rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2
        else scaled += coded
        values.push(scaled / 10 ** places)
      }
      if (values.length < count) coded = whole()
    }
    return values
  }

  return {
    get isAtEnd() {
      return position === bytes.length
    },
    byte,
    whole,
    number: () => numbers(1)[0] as number,
    numbers,
    bytes: slice,
    gammas: (count) => {
      const values = new Array<number>(count)
      /** The bits of the byte begun that are not read yet. */
      let held = 0
      let bits = 0
      for (let index = 0; index < count; index++) {
        let zeros = 0
        while (held === 0) {
          zeros += bits
          if (zeros > LONGEST_GAMMA) throw new RangeError('a count is too large')
          held = byte()
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
            held = byte()
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
    },
  }
}

/** Grows as it is written to. */
export interface ByteWriter {
  byte(value: number): void
  /** A whole number from 0, seven bits a byte. */
  whole(value: number): void
  number(value: number): void
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

  return {
    byte: (value) => void out.push(value),
    whole,
    /** A decimal with few places as a whole number; anything else as the bytes of the double, without those that are 0 at its end. */
    number: (value) => {
      for (let places = 0; places <= MOST_DECIMALS; places++) {
        const scaled = Math.round(value * 10 ** places)
        if (Math.abs(scaled) > LARGEST_DECIMAL) break
        if (scaled / 10 ** places === value) return whole(places + 8 * (scaled < 0 ? -2 * scaled - 1 : 2 * scaled))
      }
      raw(value)
    },
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

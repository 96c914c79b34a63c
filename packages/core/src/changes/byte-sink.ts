/** UTF-8 bytes, written piece by piece. */
export class ByteSink {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(code: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = code
  }

  /** Part of a text without surrogates. */
  copy(text: string, from: number, to: number): void {
    if (this.#length + (to - from) * 3 > this.#bytes.length) this.#grow((to - from) * 3)
    const bytes = this.#bytes
    let length = this.#length
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at)
      if (code < 0x80) bytes[length++] = code
      else if (code < 0x800) {
        bytes[length++] = 0xc0 | (code >> 6)
        bytes[length++] = 0x80 | (code & 0x3f)
      } else {
        bytes[length++] = 0xe0 | (code >> 12)
        bytes[length++] = 0x80 | ((code >> 6) & 0x3f)
        bytes[length++] = 0x80 | (code & 0x3f)
      }
    }
    this.#length = length
  }

  /** A whole text, of any kind. */
  write(text: string): void {
    if (this.#length + text.length * 3 > this.#bytes.length) this.#grow(text.length * 3)
    this.#length += new TextEncoder().encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  #grow(room: number): void {
    const larger = new Uint8Array(this.#bytes.length * 2 + room)
    larger.set(this.bytes())
    this.#bytes = larger
  }
}

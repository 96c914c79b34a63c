/**
 * Collects a body up to a limit. A body that comes in one piece is not copied; one that comes in many small pieces takes no more
 * memory than twice its length, whatever the size of the pieces.
 */
export class BodyBuffer {
  readonly #maxBytes: number
  #store: Uint8Array = empty
  #isShared = true
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#length
  }

  /** False where the piece would go past the limit; nothing is taken then. */
  append(piece: Uint8Array): boolean {
    const length = this.#length + piece.length
    if (length > this.#maxBytes) return false
    if (this.#length === 0) {
      this.#store = piece
    } else {
      if (this.#isShared || length > this.#store.length) this.#grow(length)
      this.#store.set(piece, this.#length)
    }
    this.#length = length
    return true
  }

  bytes(): Uint8Array {
    return this.#store.length === this.#length ? this.#store : this.#store.subarray(0, this.#length)
  }

  #grow(length: number): void {
    const grown = new Uint8Array(Math.min(Math.max(length * 2, 16_384), this.#maxBytes))
    grown.set(this.#store.subarray(0, this.#length))
    this.#store = grown
    this.#isShared = false
  }
}

const empty = new Uint8Array(0)

/** Values kept in order. Adding at the end is cheap, anywhere else costs a shift of what follows. */
export class SortedArray<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #items: T[] = []

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get items(): readonly T[] {
    return this.#items
  }

  /** Where the first value that is not before `probe` stands. */
  lowerBound(probe: T): number {
    return this.#bound((item) => this.#compare(item, probe) < 0)
  }

  /** Where the first value after `probe` stands. */
  upperBound(probe: T): number {
    return this.#bound((item) => this.#compare(item, probe) <= 0)
  }

  /** The value that compares equal, if there is one. */
  find(probe: T): T | undefined {
    const item = this.#items[this.lowerBound(probe)]
    return item !== undefined && this.#compare(item, probe) === 0 ? item : undefined
  }

  /** Adds a value, in the place of one that compares equal. */
  put(value: T): void {
    const index = this.lowerBound(value)
    const item = this.#items[index]
    const isThere = item !== undefined && this.#compare(item, value) === 0
    this.#items.splice(index, isThere ? 1 : 0, value)
  }

  delete(probe: T): void {
    const index = this.lowerBound(probe)
    const item = this.#items[index]
    if (item !== undefined && this.#compare(item, probe) === 0) this.#items.splice(index, 1)
  }

  #bound(isBefore: (item: T) => boolean): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(this.#items[middle] as T)) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What waits until its time. */
export interface Due {
  readonly dueAt: number
}

/** A binary heap: the earliest first, adding and taking in O(log n). */
export class DueHeap<T extends Due> {
  #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#items.push(item)
    this.#rise(this.#items.length - 1)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last
      this.#sink(0)
    }
    return first
  }

  /** Replaces everything, in O(n). */
  fill(items: readonly T[]): void {
    this.#items = [...items]
    for (let index = (this.#items.length >>> 1) - 1; index >= 0; index--) this.#sink(index)
  }

  #rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >>> 1
      if (this.#at(parent).dueAt <= this.#at(index).dueAt) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #sink(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1
      if (left >= this.#items.length) return
      const right = left + 1
      const child = right < this.#items.length && this.#at(right).dueAt < this.#at(left).dueAt ? right : left
      if (this.#at(index).dueAt <= this.#at(child).dueAt) return
      this.#swap(index, child)
      index = child
    }
  }

  #at(index: number): T {
    return this.#items[index] as T
  }

  #swap(a: number, b: number): void {
    const kept = this.#at(a)
    this.#items[a] = this.#at(b)
    this.#items[b] = kept
  }
}

/** A response's body that is made no faster than it is read. */
export interface FetchBody {
  readonly stream: ReadableStream<Uint8Array>
  /** Calls `done` when there is room for more. */
  write(piece: Uint8Array, done: () => void): void
  /** It is complete. */
  close(): void
  fail(reason: unknown): void
}

const BUFFERED_BYTES = 65_536

export const createFetchBody = ({ onCancel }: { onCancel(): void }): FetchBody => {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  let waiting: (() => void) | null = null
  /** A stream that is closed, failed or cancelled throws at whatever is done to it. */
  let isOver = false

  const stream = new ReadableStream<Uint8Array>(
    {
      start: (made) => {
        controller = made
      },
      pull: () => {
        const done = waiting
        waiting = null
        done?.()
      },
      cancel: () => {
        isOver = true
        onCancel()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES }),
  )

  const finish = (how: (controller: ReadableStreamDefaultController<Uint8Array>) => void): void => {
    if (isOver || controller === null) return
    isOver = true
    how(controller)
  }

  return {
    stream,
    write: (piece, done) => {
      if (isOver || controller === null) return
      if (piece.length > 0) controller.enqueue(piece)
      if ((controller.desiredSize ?? 0) > 0) done()
      else waiting = done
    },
    close: () => finish((open) => open.close()),
    fail: (reason) => finish((open) => open.error(reason)),
  }
}

/** What came of the changes that waited through an outage. */
export interface Replay {
  readonly replayed: number
  readonly dropped: number
}

/** Counts from the beginning of an outage until nothing of it waits any more. */
export interface OutageTally {
  /** Storage went away; while an outage is being counted already, nothing changes. */
  begin(): void
  replayed(): void
  dropped(count: number): void
  /** Null where there was no outage. */
  end(): Replay | null
}

export const createOutageTally = (): OutageTally => {
  let replay: { replayed: number; dropped: number } | null = null
  return {
    begin: () => {
      replay ??= { replayed: 0, dropped: 0 }
    },
    replayed: () => {
      if (replay !== null) replay.replayed++
    },
    dropped: (count) => {
      if (replay !== null) replay.dropped += count
    },
    end: () => {
      const ended = replay
      replay = null
      return ended
    },
  }
}

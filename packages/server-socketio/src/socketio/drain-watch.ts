import type { Clock } from '@sightline/core/ports'

/** Looks after those that have something waiting, until nothing is. */
export interface DrainWatch<T> {
  add(subject: T): void
  delete(subject: T): void
  readonly size: number
  close(): void
}

interface Pumped {
  readonly isSettled: boolean
  pump(): void
}

/** The timer runs only while there is somebody to look after. */
export const createDrainWatch = <T extends Pumped>({
  clock,
  everyMs,
}: {
  readonly clock: Clock
  readonly everyMs: number
}): DrainWatch<T> => {
  const subjects = new Set<T>()
  let cancel: (() => void) | null = null
  let isClosed = false

  const tick = (): void => {
    cancel = null
    for (const subject of [...subjects]) {
      subject.pump()
      if (subject.isSettled) subjects.delete(subject)
    }
    schedule()
  }

  const schedule = (): void => {
    if (subjects.size > 0 && !isClosed) cancel ??= clock.setTimer(everyMs, tick)
  }

  return {
    add: (subject) => {
      subjects.add(subject)
      schedule()
    },
    delete: (subject) => void subjects.delete(subject),
    get size() {
      return subjects.size
    },
    close: () => {
      isClosed = true
      cancel?.()
      cancel = null
      subjects.clear()
    },
  }
}

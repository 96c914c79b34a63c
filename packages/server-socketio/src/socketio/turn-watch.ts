/** Tells, once, when the present turn of the event loop is over. */
export interface TurnWatch<T extends { endTurn(): void }> {
  add(subject: T): void
  close(): void
}

export const createTurnWatch = <T extends { endTurn(): void }>(): TurnWatch<T> => {
  let subjects: T[] = []
  let pending: NodeJS.Immediate | null = null

  const end = (): void => {
    pending = null
    const ended = subjects
    subjects = []
    for (const subject of ended) subject.endTurn()
  }

  return {
    add: (subject) => {
      subjects.push(subject)
      pending ??= setImmediate(end)
    },
    close: () => {
      if (pending !== null) clearImmediate(pending)
      pending = null
      subjects = []
    },
  }
}

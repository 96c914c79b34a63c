import type { EngineContext } from '../engine-part.ts'
import type { KeyedPut } from '../protocol/frame.ts'

/** Who is writing a comment; never stored. */
export interface Typing {
  /** Shown for five seconds from now. */
  typed(team: string, incident: string, who: string): void
  items(team: string, incident: string): readonly KeyedPut[]
  /** Leaves no timer. */
  stop(): void
}

interface Typist {
  readonly team: string
  readonly incident: string
  readonly who: string
  readonly until: number
}

const SHOWN_MS = 5_000
/** At once, of all teams: beyond, the longest silent is forgotten. */
const TYPISTS = 1_000
/** Between the processes. */
const TYPED = 'incidents:typing'

export const createTyping = ({
  clock,
  publish,
  remote,
  origin,
}: Pick<EngineContext, 'clock' | 'publish' | 'remote' | 'origin'>): Typing => {
  const typists = new Map<string, Typist & { cancel(): void }>()
  let edition = 0

  const nameOf = ({ team, incident, who }: Omit<Typist, 'until'>): string => JSON.stringify([team, incident, who])
  const put = ({ who, until }: Typist): KeyedPut => [who, { epoch: origin, revision: ++edition }, { who, until }]

  const forget = (name: string): Typist | null => {
    const typist = typists.get(name)
    typist?.cancel()
    typists.delete(name)
    return typist ?? null
  }

  const remember = (typist: Typist, onEnd: () => void): void => {
    const name = nameOf(typist)
    forget(name)
    const cancel = clock.setTimer(SHOWN_MS, () => {
      forget(name)
      onEnd()
    })
    typists.set(name, { ...typist, cancel })
    for (const oldest of typists.keys()) {
      if (typists.size <= TYPISTS) break
      forget(oldest)
    }
  }

  // Who publishes an end is where the typing was heard first; here it only has to be known to whoever subscribes meanwhile.
  remote.hear(TYPED, (payload) => remember(payload as Typist, () => {}))

  return {
    typed: (team, incident, who) => {
      const typist = { team, incident, who, until: clock.now() + SHOWN_MS }
      const change = { params: { id: incident }, kind: 'keyed' } as const
      remember(typist, () =>
        publish(team, 'typing', { ...change, put: [], drop: [[who, { epoch: origin, revision: ++edition }]] }),
      )
      publish(team, 'typing', { ...change, put: [put(typist)], drop: [] })
      if (!remote.isAlone) remote.carry(TYPED, typist)
    },
    items: (team, incident) =>
      [...typists.values()]
        .filter((typist) => typist.team === team && typist.incident === incident && typist.until > clock.now())
        .map(put),
    stop: () => {
      for (const name of [...typists.keys()]) forget(name)
    },
  }
}

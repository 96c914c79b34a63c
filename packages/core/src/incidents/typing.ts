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
/** At once, of one team: beyond, the longest silent is forgotten. No team's many make another's invisible. */
const TYPISTS = 1_000
/** Between the processes. */
const TYPED = 'incidents:typing'

export const createTyping = ({
  clock,
  publish,
  remote,
  origin,
}: Pick<EngineContext, 'clock' | 'publish' | 'remote' | 'origin'>): Typing => {
  const typistsByTeam = new Map<string, Map<string, Typist & { cancel(): void }>>()
  let edition = 0

  const nameOf = ({ incident, who }: Pick<Typist, 'incident' | 'who'>): string => JSON.stringify([incident, who])
  const put = ({ who, until }: Typist): KeyedPut => [who, { epoch: origin, revision: ++edition }, { who, until }]

  const forget = (team: string, name: string): void => {
    const typists = typistsByTeam.get(team)
    typists?.get(name)?.cancel()
    typists?.delete(name)
    if (typists?.size === 0) typistsByTeam.delete(team)
  }

  const remember = (typist: Typist, onEnd: () => void): void => {
    const { team } = typist
    const name = nameOf(typist)
    forget(team, name)
    const cancel = clock.setTimer(SHOWN_MS, () => {
      forget(team, name)
      onEnd()
    })
    const typists = typistsByTeam.get(team) ?? new Map<string, Typist & { cancel(): void }>()
    typistsByTeam.set(team, typists.set(name, { ...typist, cancel }))
    for (const oldest of typists.keys()) {
      if (typists.size <= TYPISTS) break
      forget(team, oldest)
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
      [...(typistsByTeam.get(team)?.values() ?? [])]
        .filter((typist) => typist.incident === incident && typist.until > clock.now())
        .map(put),
    stop: () => {
      for (const [team, typists] of [...typistsByTeam]) for (const name of [...typists.keys()]) forget(team, name)
    },
  }
}

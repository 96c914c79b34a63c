import type { Authority } from '../access/authority.ts'
import type { Emitter } from '../emitter.ts'
import { SightlineError } from '../errors.ts'
import type { OperationRegistry } from '../operations/registry.ts'
import type { Clock } from '../ports/clock.ts'
import { DEFAULT_TEAM } from '../protocol/rooms.ts'
import type { Caller, Sightline } from '../sightline.ts'
import type { Hub } from '../topics/hub.ts'
import { createGateway } from './gateway.ts'
import type { SessionRegistry } from './session-registry.ts'
import type { SharedSessions } from './shared-sessions.ts'
import type { TransportSet } from './transport-set.ts'

const MAX_SUBSCRIPTIONS = 2_000

export interface EntranceOptions {
  readonly transports: TransportSet
  readonly sessions: SessionRegistry
  readonly shared: Pick<SharedSessions, 'changed' | 'recall'>
  readonly hub: Hub
  readonly registry: OperationRegistry
  readonly authority: Authority
  readonly emitter: Pick<Emitter, 'emit'>
  readonly clock: Clock
  randomId(): string
  isOver(): boolean
}

/** The ways in: through a transport, or by a call of the host's own code. Each asks the authority. */
export type Entrance = Pick<Sightline, 'attach' | 'authenticate' | 'call' | 'read' | 'allows'>

/** Who calls, and in which team: the one named, else the first of the caller's own. */
const callerOf = ({ as, team }: Caller) => ({
  principal: as,
  team: team ?? (as === 'system' || as === null ? DEFAULT_TEAM : (as.teams[0] ?? DEFAULT_TEAM)),
})

export const createEntrance = ({
  transports,
  sessions,
  shared,
  hub,
  registry,
  authority,
  ...rest
}: EntranceOptions): Entrance => ({
  attach: async (transport, { as } = {}) => {
    if (rest.isOver()) throw new SightlineError('UNAVAILABLE', 'Sightline is stopping.')
    const door = createGateway({
      transport,
      sessions,
      hub,
      operations: registry,
      authority,
      clock: rest.clock,
      randomId: rest.randomId,
      maxSubscriptions: MAX_SUBSCRIPTIONS,
      as,
      onOpened: ({ id }) => {
        shared.changed({ id })
        rest.emitter.emit('session:opened', { id }, { origin: 'local' })
      },
      onSubscribed: shared.changed,
      recall: shared.recall,
      onClosed: ({ id }) => {
        shared.changed({ id })
        rest.emitter.emit('session:closed', { id }, { origin: 'local' })
      },
    })
    return transports.add(transport, door)
  },
  authenticate: authority.authenticate,
  call: (request) => registry.call({ ...request, ...callerOf(request) }),
  read: async (request) => {
    const { principal, team } = callerOf(request)
    const topic = await hub.resolve(request)
    if (principal !== 'system') await authority.demand({ principal, team, permission: topic.definition.permission })
    return hub.read(topic, { team, principal: principal === 'system' ? null : principal })
  },
  allows: async (request) => {
    const { principal, team } = callerOf(request)
    return principal === 'system' || authority.allows({ principal, team, permission: request.permission })
  },
})

import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import type { IncidentTopics } from '../protocol/incidents.ts'
import { defineTopic, type RegisteredTopic } from '../topics/define-topic.ts'
import type { IncidentCache, KnownIncident } from './incident-cache.ts'
import { type IncidentFollower, SHOWN, SHOWN_RESOLVED_MS } from './incident-follower.ts'
import type { IncidentNews } from './incident-news.ts'
import { toDetail } from './incident-record.ts'
import { incidentSchemas as schemas } from './incident-schemas.ts'
import type { IncidentStore } from './incident-store.ts'
import type { Typing } from './typing.ts'

export interface IncidentTopicsOptions {
  readonly cache: IncidentCache
  readonly store: IncidentStore
  readonly follower: IncidentFollower
  readonly news: Pick<IncidentNews, 'put'>
  readonly typing: Typing
  now(): number
}

/** Those that are shown of a team: what is not resolved first, then what was lately, each the newest first. */
const shownIncidents = (cache: IncidentCache, team: string, now: number): readonly KnownIncident[] =>
  [...cache.all()]
    .filter((known) => known.team === team && (known.record.resolvedAt ?? now) >= now - SHOWN_RESOLVED_MS)
    .sort((a, b) => placeOf(b) - placeOf(a))
    .slice(0, SHOWN)

const placeOf = ({ record }: KnownIncident): number => (record.isActive ? record.openedAt + 1e15 : (record.resolvedAt ?? 0))

export const incidentTopics = ({
  cache,
  store,
  follower,
  news,
  typing,
  now,
}: IncidentTopicsOptions): { readonly [N in keyof IncidentTopics]: RegisteredTopic } => ({
  incidents: defineTopic({
    kind: 'keyed',
    permission: 'incidents:view',
    data: z.array(z.unknown()),
    load: async (_, { team }) => {
      try {
        await follower.refreshSoon()
      } catch (thrown) {
        // What is known here is shown while storage is away.
        const { code } = SightlineError.from(thrown)
        if (code !== 'UNAVAILABLE' && code !== 'TIMEOUT') throw thrown
      }
      return { items: shownIncidents(cache, team, now()).map(news.put) }
    },
  }),
  incident: {
    ...defineTopic({
      kind: 'state',
      permission: 'incidents:view',
      params: schemas.ref,
      data: z.unknown(),
      load: async ({ id }, { team }) => {
        const stored = await store.load(team, id)
        if (stored === null) return null
        cache.stored(stored)
        const isBehind = cache.get(team, id)?.isStored === false
        return {
          version: stored.version,
          data: toDetail(stored.value),
          ...(isBehind ? { isBehind: true, isLaterShown: true } : {}),
        }
      },
    }),
    fallback: (params, { team }) => {
      const known = cache.get(team, (params as { readonly id: string }).id)
      return known === null ? null : { version: known.version ?? { epoch: '', revision: 0 }, data: toDetail(known.record) }
    },
  },
  typing: defineTopic({
    kind: 'keyed',
    permission: 'incidents:view',
    params: schemas.ref,
    data: z.array(z.unknown()),
    load: async ({ id }, { team }) => ({ items: typing.items(team, id) }),
  }),
})

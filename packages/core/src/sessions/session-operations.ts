import { z } from 'zod'
import { defineQuery, type Operation } from '../operations/define-operation.ts'
import type { SessionOperations } from '../protocol/sessions.ts'
import type { SharedSessions } from './shared-sessions.ts'

const input = z.strictObject({
  limit: z.number().int().min(1).max(500).default(100),
  cursor: z.string().max(2_000).optional(),
})

const session = z.object({
  id: z.string(),
  process: z.string(),
  userId: z.string().nullable(),
  openedAt: z.number(),
  subscriptions: z.array(z.object({ topic: z.string(), params: z.unknown() })).readonly(),
})

/** The group `sessions`: who is connected. */
export const sessionOperations = (
  shared: Pick<SharedSessions, 'list'>,
): { readonly [N in keyof SessionOperations]: Operation } => ({
  'sessions.list': defineQuery({
    permission: 'sessions:view',
    summary: 'Who of the team is connected, at all processes where they share their sessions, else at this one.',
    input,
    output: z.object({ items: z.array(session).readonly(), next: z.string().nullable() }),
    http: { method: 'GET', path: '/sessions' },
    handle: async ({ limit, cursor }, { team }) => {
      const page = await shared.list(team, { limit, ...(cursor === undefined ? {} : { cursor }) })
      const items = page.items.map(({ id, process, userId, openedAt, subscriptions }) => ({
        id,
        process,
        userId,
        openedAt,
        subscriptions: subscriptions.map(({ topic, params }) => ({ topic, params })),
      }))
      return { items, next: page.next }
    },
  }),
})

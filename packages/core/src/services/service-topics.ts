import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import type { ServiceTopics } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import { defineTopic, type RegisteredTopic } from '../topics/define-topic.ts'
import type { ServiceBoard } from './service-board.ts'

/** `services`: how all are doing; `service`: one with all there is to edit. */
export const serviceTopics = (
  board: Pick<ServiceBoard, 'items' | 'state'>,
): { readonly [N in keyof ServiceTopics]: RegisteredTopic } => ({
  services: defineTopic({
    kind: 'keyed',
    permission: 'services:view',
    data: z.array(z.unknown()),
    load: async (_, { team }) => ({ items: board.items(team) }),
  }),
  service: defineTopic({
    kind: 'state',
    permission: 'services:view',
    params: z.strictObject({ name: z.string().min(1).max(100) }),
    data: z.unknown(),
    load: async ({ name }, { team }) => {
      const state = board.state(team, name)
      if (state === null) throw new SightlineError('NOT_FOUND', `There is no service ${spellName(name)}.`)
      return state
    },
  }),
})

import { randomUUID } from 'node:crypto'
import { defineMutation, definePlugin, defineQuery, defineTopic, type PluginContext } from '@sightline/core'
import type { CollectionDefinition } from '@sightline/core/ports'
import { z } from 'zod'

const Deploy = z.object({ id: z.string(), service: z.string(), at: z.number() })
type Deploy = z.infer<typeof Deploy>

const stored: CollectionDefinition<Deploy> = {
  name: 'deploys.deploy', // <plugin>.<noun>
  parse: (raw) => Deploy.parse(raw),
  indexes: { byService: ['service', 'at'] }, // what `list` may compare and order by
}

export const deploys = () => {
  let context: PluginContext // given by `start`, before anybody can ask
  const list = (team: string, service: string) =>
    context.storage.collection(stored).list({ team }, { index: 'byService', equals: { service }, order: 'desc', limit: 100 })

  return definePlugin({
    name: 'deploys',
    permissions: { 'deploys:view': 'see deploys', 'deploys:write': 'record deploys' },
    collections: [stored],
    operations: {
      'deploys.record': defineMutation({
        // no `http`: POST /api/v1/operations/deploys.record
        permission: 'deploys:write',
        input: z.object({ service: z.string().min(1) }),
        output: Deploy,
        handle: async ({ service }, { now, commit, publish }) => {
          const deploy: Deploy = { id: randomUUID(), service, at: now }
          const outcome = await commit({ store: stored.name, id: deploy.id, expected: null, value: deploy })
          if (!outcome.ok) throw new Error(`A new id is taken: ${outcome.reason}`)
          publish('deploys', { params: { service }, kind: 'keyed', put: [[deploy.id, outcome.record.version, deploy]], drop: [] })
          return deploy
        },
      }),
      'deploys.list': defineQuery({
        permission: 'deploys:view',
        input: z.object({ service: z.string() }),
        output: z.object({ items: z.array(Deploy) }),
        http: { method: 'GET', path: '/deploys/:service' }, // GET /api/v1/deploys/checkout
        handle: async ({ service }, { team }) => ({ items: (await list(team, service)).items.map(({ value }) => value) }),
      }),
    },
    topics: {
      deploys: defineTopic({
        kind: 'keyed', // a list by key: only what changed is sent
        permission: 'deploys:view',
        params: z.object({ service: z.string() }),
        data: z.array(Deploy),
        load: async ({ service }, { team }) => ({
          items: (await list(team, service)).items.map(({ id, version, value }) => [id, version, value] as const),
        }),
      }),
    },
    start: (started) => {
      context = started
    },
  })
}

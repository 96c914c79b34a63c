import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  type AccessRequest,
  createSightline,
  defineMutation,
  definePlugin,
  defineQuery,
  defineTopic,
  memoryStorage,
  memoryStore,
  type Operation,
  type Principal,
} from '../../src/index.ts'
import { AUDIT } from '../../src/operations/audit.ts'
import { scriptedProbe } from '../../src/testing/index.ts'
import { recordingTransport } from '../engine/support/recording-transport.ts'

const apis = { orders: { intervalMs: 60_000, regions: { 'us-east': { probe: scriptedProbe({ open: 1 }) } } } }
const ada: Principal = { id: 'ada', roles: ['metrics:view'], teams: [] }
const NOTE = { name: 'notes.note', parse: (raw: unknown) => raw as { text: string }, indexes: {} }

const notes = definePlugin({
  name: 'notes',
  collections: [NOTE] as never,
  operations: {
    'notes.save': defineMutation({
      permission: 'notes:write',
      input: z.object({ id: z.string(), text: z.string() }),
      output: z.object({ revision: z.number() }),
      handle: async ({ id, text }, { commit }) => {
        const outcome = await commit({ store: NOTE.name, id, expected: null, value: { text } })
        if (!outcome.ok) throw new Error('secret detail of the inside')
        return { revision: outcome.record.version.revision }
      },
    }),
    'notes.leak': defineQuery({
      permission: 'notes:view',
      input: z.object({}),
      output: z.object({ shown: z.string() }),
      handle: () => ({ shown: 'yes', hidden: 'no' }) as never,
    }),
    'notes.broken': defineQuery({
      permission: 'notes:view',
      input: z.object({}),
      output: z.object({ shown: z.string() }),
      handle: () => ({}) as never,
    }),
    'notes.slow': defineQuery({
      permission: 'notes:view',
      input: z.object({}),
      output: z.object({}),
      handle: (_, { signal }) =>
        new Promise<never>((__, reject) => signal.addEventListener('abort', () => reject(new Error('given up')))),
    }),
  },
  topics: {
    notes: defineTopic({
      kind: 'log',
      permission: 'notes:view',
      data: z.array(z.object({ id: z.string() })),
      load: async () => ({ entries: [{ id: '1' }], cursor: '1' }),
    }),
  },
})

const setUp = async () => {
  const store = memoryStore()
  const asked: AccessRequest[] = []
  const sightline = createSightline({
    apis,
    plugins: [notes],
    storage: memoryStorage({ store }),
    access: {
      authenticate: () => ada,
      allows: (request) => {
        asked.push(request)
        return request.permission.startsWith('notes:') || request.principal?.roles.includes(request.permission) === true
      },
    },
  })
  await sightline.start({ poll: false })
  return { sightline, asked, store, [Symbol.asyncDispose]: () => sightline.stop({ timeoutMs: 100 }) }
}

const paramsOf: Readonly<Record<string, unknown>> = {
  metrics: { api: 'orders', region: 'us-east' },
  service: { name: 'checkout' },
  incident: { id: 'i' },
  typing: { id: 'i' },
  logs: {},
}

test('every operation and every topic asks the access port for its own permission, on every way in', async () => {
  await using s = await setUp()
  const transport = recordingTransport()
  await s.sightline.attach(transport)
  const session = await transport.connect()
  for (const [name, operation] of s.sightline.operations as ReadonlyMap<string, Operation>) {
    for (const ask of [
      () => s.sightline.call({ operation: name, input: {}, as: ada }),
      () => transport.gateway.call(session, { operation: name, input: {} }),
    ]) {
      s.asked.length = 0
      const abandoned = AbortSignal.timeout(50)
      await Promise.race([ask().catch(() => {}), new Promise((resolve) => abandoned.addEventListener('abort', resolve))])
      expect(s.asked).toEqual([{ principal: ada, permission: operation.permission, team: 'default' }])
    }
  }
  for (const [name, topic] of s.sightline.topics) {
    const params = paramsOf[name]
    for (const ask of [
      () => s.sightline.read({ topic: name, params, as: ada }),
      () => transport.gateway.subscribe(session, { topic: name, params }),
    ]) {
      s.asked.length = 0
      await ask().catch(() => {})
      expect(s.asked).toEqual([{ principal: ada, permission: topic.permission, team: 'default' }])
    }
  }
})

test('what is not allowed is refused before the input is even read', async () => {
  await using s = await setUp()
  await expect(s.sightline.call({ operation: 'metrics.setInterval', input: 'nonsense', as: ada })).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringContaining('targets:manage'),
  })
  await expect(s.sightline.call({ operation: 'nope', input: {}, as: ada })).rejects.toMatchObject({ code: 'UNKNOWN_OPERATION' })
})

test('an access policy that throws says no', async () => {
  const sightline = createSightline({
    apis,
    access: {
      authenticate: () => null,
      allows: () => {
        throw new Error('down')
      },
    },
  })
  await expect(sightline.call({ operation: 'metrics.listApis', input: {}, as: null })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
})

test('a repeat with one idempotency key answers as the first did, also in another process, and leaves one audit event', async () => {
  await using s = await setUp()
  const save = (sightline = s.sightline, key = 'k1') =>
    sightline.call({ operation: 'notes.save', input: { id: 'a', text: 'x' }, as: ada, idempotencyKey: key })
  expect(await Promise.all([save(), save()])).toEqual([{ revision: 1 }, { revision: 1 }])
  const other = createSightline({
    apis,
    plugins: [notes],
    storage: memoryStorage({ store: s.store }),
    access: { authenticate: () => ada, allows: () => true },
  })
  await other.start({ poll: false })
  expect(await save(other)).toEqual({ revision: 1 })
  await expect(save(other, 'k2')).rejects.toMatchObject({ code: 'INTERNAL' })
  await expect(save(other, 'k'.repeat(201))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await other.stop({ timeoutMs: 100 })
  const reader = memoryStorage({ store: s.store })
  await reader.connect({ collections: [AUDIT] as never, format: { writes: 1, reads: 1 } })
  const { items } = await reader.collection(AUDIT).list('system', { index: 'byTime', equals: {}, order: 'asc', limit: 10 })
  expect(items.map(({ value }) => value)).toMatchObject([
    { actor: 'ada', operation: 'notes.save', store: NOTE.name, record: 'a', after: { text: 'x' } },
  ])
})

test('outputs are held to their schema: what is not in it stays inside, what lacks is an error that reveals nothing', async () => {
  await using s = await setUp()
  expect(await s.sightline.call({ operation: 'notes.leak', input: {}, as: ada })).toEqual({ shown: 'yes' })
  const failed = s.sightline.call({ operation: 'notes.broken', input: {}, as: ada })
  await expect(failed).rejects.toMatchObject({ code: 'INTERNAL' })
})

test('an inner error is shown without its message', async () => {
  await using s = await setUp()
  await s.sightline.call({ operation: 'notes.save', input: { id: 'b', text: 'x' }, as: ada })
  const error = await s.sightline.call({ operation: 'notes.save', input: { id: 'b', text: 'y' }, as: ada }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(JSON.stringify(error)).not.toContain('secret')
  expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: expect.stringContaining('secret') } })
})

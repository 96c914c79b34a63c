import { createClient, SightlineError } from '@sightline/client'
import { defineMutation, definePlugin } from '@sightline/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startServed } from './support/served.ts'
import { until } from './support/until.ts'

const add = definePlugin({
  name: 'sums',
  operations: {
    'sums.add': defineMutation({
      permission: 'sums:add',
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.number(),
      handle: ({ a, b }) => a + b,
    }),
  },
})

test.each([{}, { path: '/sightline' }])('the typed client against a served Sightline, %j', async (serveOptions) => {
  await using served = await startServed({ serve: serveOptions, plugins: [add] })
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  const client = createClient({ url: `${served.url}${'path' in serveOptions ? serveOptions.path : ''}` })
  const shown: unknown[] = []
  const off = client.topic('metrics', { api: 'orders', region: 'us-east' }).subscribe(({ data }) => {
    const document = (data as { data?: unknown } | undefined)?.data
    if (document !== undefined) shown.push(document)
  })
  await until(() => shown.length > 0)
  expect(shown[0]).toEqual({ open: 1 })
  served.provider('orders', 'us-east').returns({ open: 2, added: ['x'] })
  await until(() => JSON.stringify(shown.at(-1)) === '{"open":2,"added":["x"]}')
  expect(await client.call('sums.add', { a: 1, b: 2 })).toBe(3)
  const refusal = await client.call('sums.add', { a: 1, b: 'x' }).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(SightlineError)
  expect(refusal).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'b' }] })
  off()
  client.close()
  await until(() => served.sightline.sessions.count === 0)
})

import { createClient } from '@sightline/client'
import { allowAll, createSightline, defineProbe, type InferContract } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { expect, it } from 'vitest'
import { deploys } from '../deploys.ts'

const probe = defineProbe({ name: 'nothing', collect: () => ({ status: 'up', metrics: {} }) })
const create = () =>
  createSightline({ access: allowAll(), apis: { orders: { regions: { here: { probe } } } }, plugins: [deploys()] })
type App = InferContract<ReturnType<typeof create>>

it('records over the socket and over HTTP, lists by its index, and pushes to who is subscribed', async () => {
  const sightline = create()
  const web = serve(sightline)
  const { url } = await web.listen({ port: 0, host: '127.0.0.1' })
  await sightline.start()
  const client = createClient<App>({ url })
  try {
    const topic = client.topic('deploys', { service: 'checkout' })
    topic.subscribe(() => {})
    expect(await topic.ready()).toEqual([])

    const first = await client.call('deploys.record', { service: 'checkout' })
    const body = JSON.stringify({ service: 'checkout' })
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(`${url}/api/v1/operations/deploys.record`, { method: 'POST', headers, body })
    const second = (await answer.json()) as { id: string }
    await client.call('deploys.record', { service: 'search' })

    const listed = (await (await fetch(`${url}/api/v1/deploys/checkout`)).json()) as { items: { id: string }[] }
    expect(new Set(listed.items.map(({ id }) => id))).toEqual(new Set([first.id, second.id]))
    await expect
      .poll(
        () =>
          topic
            .get()
            ?.map(({ id }) => id)
            .sort(),
        { timeout: 15_000 },
      )
      .toEqual([first.id, second.id].sort())
    await expect(client.call('deploys.record', { service: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  } finally {
    client.close()
    await web.close()
    await sightline.stop()
  }
})

// @vitest-environment jsdom
// biome-ignore-all lint/correctness/noComponentHookFactories: a component that belongs to one test closes over it
import { createClient, createSharedSockets } from '@sightline/client'
import type { Sightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { act, cleanup, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { type App, hooks, openShop, ref } from './support/shop.tsx'

test('a page over a real socket: alive, away, and back again', async () => {
  const shop = await openShop()
  const serveOn = (port: number) => {
    const web = serve(shop.sightline as unknown as Sightline, { rateLimit: false })
    return web.listen({ port }).then((listening) => ({ web, port: listening.port }))
  }
  const first = await serveOn(0)
  const client = createClient<App>({ url: `http://127.0.0.1:${first.port}`, sockets: createSharedSockets() })
  const Page = () => {
    const { data, isStale } = hooks.useTopic('metrics', ref, { select: ({ data: { open } }) => open })
    return <p>{`${data} ${isStale} ${hooks.useConnection().status}`}</p>
  }
  render(
    <hooks.SightlineProvider client={client}>
      <Page />
    </hooks.SightlineProvider>,
  )
  await screen.findByText('1 false connected', {}, { timeout: 5_000 })
  await act(() => shop.report(2))
  await screen.findByText('2 false connected', {}, { timeout: 5_000 })
  await act(() => first.web.close({ drainMs: 50 }))
  await screen.findByText('2 true reconnecting', {}, { timeout: 5_000 })
  await act(() => shop.report(3))
  const second = await serveOn(first.port)
  await screen.findByText('3 false connected', {}, { timeout: 10_000 })
  expect(client.connection.get().error).toBeNull()
  cleanup()
  client.close()
  await second.web.close({ drainMs: 50 })
  await shop.close()
})

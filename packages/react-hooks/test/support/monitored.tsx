// biome-ignore-all lint/correctness/noComponentHookFactories: each test has providers of its own
import { createClient } from '@sightline/client'
import { allowAll, directTransport, type InferContract } from '@sightline/core'
import { createTestSightline } from '@sightline/core/testing'
import type { PropsWithChildren } from 'react'
import { createHooks } from '../../src/index.ts'

/** A Sightline in this process that watches two services, one of them from two regions. Its time is the test's. */
export const openMonitored = async () => {
  const monitored = await createTestSightline({
    access: allowAll(),
    services: {
      checkout: { url: 'http://checkout.example', intervalMs: 1_000, regions: ['us', 'eu'], tags: ['shop'] },
      mailer: { url: 'http://mailer.example', intervalMs: 1_000 },
    },
    notifiers: { desk: { name: 'desk', send: async () => ({}) } },
    routes: [{ channels: ['desk'], groupWaitMs: 0 }],
  })
  for (const name of ['checkout', 'mailer']) monitored.probe(name).returns({ ok: true })
  await monitored.clock.advance(3_000)
  return { ...monitored, close: () => monitored[Symbol.asyncDispose]() }
}

export type Monitored = Awaited<ReturnType<typeof openMonitored>>

export const hooks = createHooks<InferContract<Monitored['sightline']>>()

export const openMonitoredClient = ({ sightline }: Monitored) => {
  const transport = directTransport(sightline, { as: null })
  const calls: string[] = []
  const client = createClient<InferContract<Monitored['sightline']>>({
    transport: {
      ...transport,
      request: (message, payload, options) => {
        calls.push(JSON.stringify([message, payload]))
        return transport.request(message, payload, options)
      },
    },
  })
  const Providers = ({ children }: PropsWithChildren) => (
    <hooks.SightlineProvider client={client}>{children}</hooks.SightlineProvider>
  )
  return { client, calls, Providers }
}

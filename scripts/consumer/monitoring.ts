import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, createAgent, expressMiddleware, fastifyPlugin } from '@sightline/agent'
import { allowAll, createSightline, defineNotifier, defineProbe, defineRule, type InferContract } from '@sightline/core'
import { type RuleTestResult, testRules } from '@sightline/core/testing'
import { consoleNotifier, fileSpool, verifyWebhook, webhook } from '@sightline/notifiers'
import { createAddressGuard, probeKinds } from '@sightline/probes'
import { createHooks } from '@sightline/react-hooks'
import fastify from 'fastify'

const queue = defineProbe({ name: 'queue', collect: () => ({ status: 'up', metrics: { depth: 1 } }) })

export const backlog = defineRule({
  name: 'backlog',
  probe: queue,
  severity: 'high',
  forMs: 60_000,
  condition: ({ depth }) => (depth > 500 ? 'breach' : 'ok'),
})

export const misspelt = defineRule({
  name: 'misspelt',
  probe: queue,
  severity: 'low',
  // @ts-expect-error the probe has no such number
  condition: ({ dept }) => (dept > 500 ? 'breach' : 'ok'),
})

export const replayed: RuleTestResult = testRules({
  rules: [backlog],
  everyMs: 15_000,
  series: { depth: '900x5' },
  expect: [{ atMs: 60_000, open: ['backlog'] }],
})

const pager = defineNotifier({ name: 'pager', send: async () => ({ receipt: 'r1' }) })

export const sightline = createSightline({
  access: allowAll(),
  services: {
    shop: { url: 'http://127.0.0.1:1/', tags: ['front'], quorum: 'any' },
    queue: { probe: queue, rules: [backlog] },
    backup: { check: { kind: 'heartbeat' }, intervalMs: 3_600_000 },
  },
  rules: { 'high-cpu': false, 'service-down': { keepFiringForMs: 0 } },
  probes: probeKinds({ guard: createAddressGuard({ allow: ['10.0.0.0/8'] }) }),
  notifiers: { pager, console: consoleNotifier(), hook: webhook({ url: 'http://127.0.0.1:1/', secret: 'sixteen characters' }) },
  routes: [{ channels: ['pager'], severities: ['critical'], groupWaitMs: 0 }],
  spool: fileSpool({ file: './alerts.spool' }),
  retention: { rawHours: 48, minuteDays: 7, hourDays: 90, logDays: 14 },
})

export const isGenuine = (headers: IncomingHttpHeaders, body: string): boolean =>
  verifyWebhook({
    secret: 'sixteen characters',
    body,
    timestamp: headers['x-sightline-timestamp'],
    signature: headers['x-sightline-signature'],
  })

export const report = (agent: Agent): void => {
  expressMiddleware(agent)
  expressMiddleware(sightline.service('checkout'))
  agent.log({ severity: 'warn', message: 'the cart was empty' })
}

export const inFastify = async (): Promise<void> => {
  await fastify().register(fastifyPlugin(createAgent({ url: 'http://127.0.0.1:1', service: 'shop' })))
}

const hooks = createHooks<InferContract<typeof sightline>>()

export const useEverything = (): readonly unknown[] => {
  const comment = hooks.useMutation('incidents.comment')
  comment.mutate({ id: '1', text: 'seen' })
  return [
    hooks.useServices({ select: (services) => services.filter(({ status }) => status === 'down') }).data?.length,
    hooks.useService('shop', { select: ({ status }) => status }).data,
    hooks.useMetrics({ service: 'shop', values: ['latencyMs'], range: { lastMs: 3_600_000 } }).charts?.[0]?.p95,
    hooks.useIncidents().data?.[0]?.openedAt,
    hooks.useIncident('1').data?.timeline,
    hooks.useLogs({ service: 'shop', minSeverity: 'warn' }).data?.[0]?.message,
    hooks.useAlerts().data?.[0]?.heldBy,
  ]
}

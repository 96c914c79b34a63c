import { createServer } from 'node:http'
import { sqliteStorage } from '@sightline/adapter-sql'
import { readEnvironment } from '@sightline/cli'
import {
  allowAll,
  createSightline,
  defineConfig,
  defineMutation,
  definePlugin,
  defineProbe,
  type InferContract,
  SightlineError,
} from '@sightline/core'
import type { Schema } from '@sightline/core/protocol'
import { dashboardFolder } from '@sightline/dashboard'
import { httpProbeKind } from '@sightline/probes'
import { serve } from '@sightline/server-socketio'
import { fastifySightline } from '@sightline/server-socketio/fastify'
import fastify from 'fastify'
import { z } from 'zod'

/** A validator that is no library's: anything with `~standard`. */
const numberOf = <K extends string>(key: K): Schema<Record<K, number>> => ({
  '~standard': {
    version: 1,
    vendor: 'consumer',
    validate: (value) => {
      if (typeof value === 'object' && value !== null && key in value) return { value: value as Record<K, number> }
      return { issues: [{ message: `${key} is missing` }] }
    },
  },
})

const deploys = definePlugin({
  name: 'deploys',
  operations: {
    'deploys.record': defineMutation({
      permission: 'deploys:write',
      input: z.object({ service: z.string(), dry: z.boolean().default(false) }),
      output: z.object({ id: z.string() }),
      handle: (input) => ({ id: `${input.service}-${input.dry}` }),
    }),
  },
})

export const config = defineConfig({
  http: httpProbeKind(),
  access: allowAll(),
  storage: sqliteStorage({ file: ':memory:' }),
  apis: {
    orders: {
      schema: numberOf('open'),
      intervalMs: 1_000,
      regions: { 'us-east': { url: 'http://127.0.0.1:1/', headers: { 'x-key': 'k' } } },
    },
    jobs: {
      regions: { local: { probe: defineProbe({ name: 'jobs', collect: () => ({ status: 'up', metrics: { depth: 1 } }) }) } },
    },
  },
  plugins: [deploys],
})

export const sightline = createSightline(config)
export type App = InferContract<typeof sightline>

export const start = async (): Promise<void> => {
  const web = serve(sightline, { path: '/sightline', static: dashboardFolder })
  const server = createServer((request, response) => web.handler(request, response, () => response.end('host')))
  web.attach(server)
  try {
    await sightline.start()
  } catch (error) {
    console.error(SightlineError.from(error).code)
  }
}

export const port: number = readEnvironment({}).port

export const startInFastify = async (): Promise<void> => {
  await fastify().register(fastifySightline, { sightline, path: '/sightline' })
}

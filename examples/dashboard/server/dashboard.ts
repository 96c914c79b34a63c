import { existsSync } from 'node:fs'
import path from 'node:path'
import {
  alertPartsFrom,
  checkConfig,
  type Environment,
  type LoadedConfig,
  loadConfig,
  rateLimitFrom,
  readDotenv,
  readEnvironment,
  redisFrom,
  storageFrom,
} from '@sightline/cli'
import { allowAll, createSightline, type Plugins, type RegionNames, SightlineError } from '@sightline/core'
import { dashboardFolder } from '@sightline/dashboard'
import { serve } from '@sightline/server-socketio'
import { fleetElsewhere, startFleet } from './fleet.ts'
import { fleetConfig } from './fleet-config.ts'
import { createLogger } from './logger.ts'

/** A dashboard that serves. */
export interface Running {
  readonly url: string
  /** Lets clients go, stores what is buffered, ends the fleet; within `timeoutMs`. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
}

export interface DashboardOptions {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Where `.env` and `sightline.config.*` are looked for. */
  readonly directory: string
}

/** Resolves when it polls and serves. Rejects with nothing left running. */
export const startDashboard = async ({ variables, directory }: DashboardOptions): Promise<Running> => {
  const environment = await environmentOf({ variables, directory })
  const loaded = await loadConfig({ environment, directory })
  const access = loaded?.config.access ?? openAccess(environment)
  const { role, redisUrl } = environment
  const fleet = loaded === null && role !== 'web' ? await startFleet() : null
  const undo: ((timeoutMs: number) => Promise<void>)[] = []
  if (fleet !== null) undo.push(() => fleet.stop())
  const stop = async ({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step(timeoutMs)
  }
  try {
    const alerts = await alertPartsFrom(environment)
    const config: LoadedConfig['config'] =
      loaded?.config ?? fleetConfig(fleet?.urls ?? fleetElsewhere, Object.keys(alerts.notifiers))
    const logger = config.logger ?? createLogger(environment)
    const storage = config.storage ?? storageFrom(environment.databaseUrl, { readUrl: environment.readDatabaseUrl, logger })
    const shared = redisUrl === null ? {} : await redisFrom(redisUrl)
    const sightline = createSightline<RegionNames, unknown, Plugins>({
      ...shared,
      ...alerts,
      entered: enteredChecks(environment),
      ...config,
      access,
      logger,
      storage,
    })
    undo.push((timeoutMs) => sightline.stop({ timeoutMs: timeoutMs / 2 }))
    const counted = await requestLimit(environment)
    undo.push(async () => counted.close())
    const web = serve(sightline, {
      rateLimit: counted.rateLimit,
      clientUrl: environment.allowedOrigins,
      trustedProxies: environment.trustedProxies,
      ...(environment.nodeName === null ? {} : { socket: { nodeName: environment.nodeName } }),
      ...(role === 'poller' ? { only: 'health' } : {}),
      ...(existsSync(path.join(dashboardFolder, 'index.html')) ? { static: dashboardFolder } : {}),
    })
    undo.push((timeoutMs) => web.close({ drainMs: timeoutMs / 4 }))
    const { url } = await web.listen({ port: environment.port, host: environment.host }).catch(explainPort)
    await sightline.start({ poll: role !== 'web' })
    return { url, stop }
  } catch (error) {
    await stop({ timeoutMs: 2_000 })
    throw error
  }
}

/** How often one address may come: counted together where there is Redis. */
const requestLimit = async ({ requestsPerMinute: requests, redisUrl }: Environment) => {
  if (requests === null) return { rateLimit: false as const, close: () => {} }
  return redisUrl === null ? { rateLimit: { requests }, close: () => {} } : rateLimitFrom(redisUrl, requests)
}

/** The environment; where it has faults, they are told together with those of the configuration. */
const environmentOf = async ({ variables, directory }: DashboardOptions): Promise<Environment> => {
  try {
    return readEnvironment(variables, readDotenv(directory))
  } catch (cause) {
    if (!isInvalidConfig(cause)) throw cause
    const { text } = await checkConfig({ variables, directory })
    throw new SightlineError('INVALID_CONFIG', text, { cause })
  }
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** Until there are users, everybody may do everything. In production that takes a word of one's own where others can reach it. */
const openAccess = ({ isStrict, host }: Environment) => {
  if (!isStrict || loopback.test(host)) return allowAll()
  const message = `${host} lets others in, and nothing says who may do what: set access in sightline.config.ts (allowAll() opens everything on purpose), or listen on 127.0.0.1`
  throw new SightlineError('INVALID_CONFIG', `The environment has a fault.\n  HOST: ${message}`, {
    fields: [{ path: 'HOST', message }],
  })
}

/** On a machine of one's own whatever that reaches may be checked; where others come in, the public Internet and what is allowed by name. */
const enteredChecks = ({ isStrict, host, allowedAddresses }: Environment) => ({
  allow: !isStrict && loopback.test(host) ? ('any' as const) : allowedAddresses,
})

/** A port that cannot be had: the configuration may be good, and another moment or another port would do. */
class PortUnavailable extends Error {}

const explainPort = (error: unknown): never => {
  throw new PortUnavailable(`${SightlineError.from(error).message} Set SERVER_PORT (or HOST) to another, or stop what uses it.`)
}

/** Is this a fault of configuration or environment, to be corrected before another try? */
export const isInvalidConfig = (error: unknown): boolean => error instanceof SightlineError && error.code === 'INVALID_CONFIG'

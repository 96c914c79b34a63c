import type { Health, HealthCheck, Sightline } from '@sightline/core'
import { SightlineError } from '@sightline/core'
import { type Response, Router } from 'express'
import { contextOf } from './request-context.ts'

export interface SystemRoutesOptions {
  readonly sightline: Pick<Sightline, 'status' | 'info' | 'allows'>
  /** The build's commit; null where nobody said. */
  readonly commit: string | null
  readonly socket: { readonly path: string; readonly namespace: string }
  isDraining(): boolean
}

/** What `/status`, `/info`, `/openapi.json` and the errors in `/health/detailed` need. */
const VIEW = 'system:view'

type Allows = Pick<Sightline, 'allows'>

const isAllowed = async (sightline: Allows, response: Response, permission: string): Promise<boolean> =>
  sightline.allows({ permission, as: await contextOf(response).caller() })

/** @throws SightlineError `FORBIDDEN`, or `UNAUTHENTICATED` for who did not say who they are */
export const demand = async (sightline: Allows, response: Response, permission: string): Promise<void> => {
  if (await isAllowed(sightline, response, permission)) return
  const isAnonymous = (await contextOf(response).caller()) === null
  throw new SightlineError(
    isAnonymous ? 'UNAUTHENTICATED' : 'FORBIDDEN',
    `This needs the permission ${JSON.stringify(permission)}.`,
  )
}

/** May who asks see what `/info` shows? A login that fails is answered as nobody's. */
export const isAllowedToView = (sightline: Allows, response: Response): Promise<boolean> =>
  isAllowed(sightline, response, VIEW).catch(() => false)

export const demandView = (sightline: Allows, response: Response): Promise<void> => demand(sightline, response, VIEW)

const statusOf = ({ status }: Health): number => (status === 'unhealthy' ? 503 : 200)

/** The names older readers know the checks by. */
const withAliases = (checks: Health['checks']): Health['checks'] => {
  const aliases = { database: checks.storage, redis: checks.cache ?? checks.bus, external_apis: checks.pollers }
  const known = Object.entries(aliases).filter((entry): entry is [string, HealthCheck] => entry[1] !== undefined)
  return { ...checks, ...Object.fromEntries(known) }
}

const withoutErrors = (checks: Health['checks']): Health['checks'] =>
  Object.fromEntries(Object.entries(checks).map(([name, { error: _, ...check }]) => [name, check]))

/** Who asks while somebody else's question is still open is given the same answer: health is not limited, and every question costs. */
export const askTogether = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: Promise<T> | null = null
  return () => {
    asked ??= ask().finally(() => {
      asked = null
    })
    return asked
  }
}

export interface HealthRoutesOptions extends Pick<SystemRoutesOptions, 'sightline' | 'isDraining'> {
  health(): Promise<Health>
}

/** `/health` and what belongs to it: at the root, and below every prefix. */
export const healthRoutes = ({ sightline, isDraining, health: ask }: HealthRoutesOptions, prefix: string): Router => {
  const router = Router()
  const { version } = sightline.info()

  const summaryOf = ({ status, uptime, at }: Health) => ({ status, uptime, timestamp: new Date(at).toISOString(), version })

  router.get(`${prefix}/health`, async (_request, response) => {
    const health = await ask()
    response.status(statusOf(health)).json(summaryOf(health))
  })
  router.get(`${prefix}/health/detailed`, async (_request, response) => {
    const health = await ask()
    const aliased = withAliases(health.checks)
    // An error's text may name hosts; whoever only asks whether all is well need not read it.
    const isShown = await isAllowedToView(sightline, response)
    const checks = isShown ? aliased : withoutErrors(aliased)
    const { database, redis, external_apis } = checks
    response.status(statusOf(health)).json({ ...summaryOf(health), checks, database, redis, external_apis })
  })
  router.get(`${prefix}/health/live`, (_request, response) => {
    response.json({ status: 'live', timestamp: new Date().toISOString(), version })
  })
  router.get(`${prefix}/health/ready`, async (_request, response) => {
    const health = await ask()
    const isReady = health.ready && !isDraining()
    response.status(isReady ? 200 : 503).json({ ...summaryOf(health), status: isReady ? 'ready' : 'not-ready' })
  })
  return router
}

/** The system endpoints that stand below the prefixes alone. */
export const systemRoutes = ({ sightline, commit, socket }: SystemRoutesOptions, prefix: string): Router => {
  const router = Router()
  router.get(`${prefix}/status`, async (_request, response) => {
    await demandView(sightline, response)
    response.json(sightline.status())
  })
  router.get(`${prefix}/version`, (_request, response) => {
    const { name, version } = sightline.info()
    response.json({ name, version, commit, node: process.versions.node })
  })
  router.get(`${prefix}/info`, async (_request, response) => {
    await demandView(sightline, response)
    response.json({ ...sightline.info(), socket })
  })
  return router
}

import {
  allowAll,
  type CommonOptions,
  createSightline,
  definePlugin,
  memoryStorage,
  type Sightline,
  SightlineError,
  silentLogger,
  storagePlan,
  systemClock,
} from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { soleLeader } from '../../../core/src/leadership.ts'
import { createLogsPart, LOG_COLLECTIONS } from '../../../core/src/logs/logs-part.ts'
import { createOperationRegistry } from '../../../core/src/operations/registry.ts'
import { type ServeOptions, serve } from '../../src/index.ts'

/** A Sightline that takes log lines in, served on a port of its own. */
export interface LogsServed extends AsyncDisposable {
  readonly sightline: Sightline
  readonly url: string
  post(path: string, body: NonNullable<RequestInit['body']>, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** What is found, newest first. */
  search(
    filter?: object,
  ): Promise<
    readonly { readonly message: string; readonly fields: Readonly<Record<string, unknown>>; readonly [name: string]: unknown }[]
  >
}

export interface LogsServedOptions {
  readonly storage?: StorageDriver
  readonly access?: CommonOptions['access']
  readonly maxBufferedLogBytes?: number
  /** Does storage take anything? */
  readonly isStorageUp?: () => boolean
  readonly serve?: ServeOptions
}

/** The room of logs as a plugin of its own, with the limits a test wants. */
const logsPlugin = (storage: StorageDriver, { maxBufferedLogBytes, isStorageUp = () => true }: LogsServedOptions) => {
  const part = createLogsPart({
    clock: systemClock(),
    random: Math.random,
    randomId: () => crypto.randomUUID(),
    logger: silentLogger(),
    origin: 'test',
    link: {
      get state() {
        return isStorageUp() ? ('up' as const) : ('away' as const)
      },
      run: async (call) => {
        if (!isStorageUp()) throw new SightlineError('UNAVAILABLE', 'Storage is away.')
        return call(storage)
      },
    },
    leadership: soleLeader(),
    remote: { isAlone: true, carry: () => {}, hear: () => {} },
    emitter: { emit: () => {}, has: () => false },
    publish: () => {},
    observe: () => {},
    watched: () => [],
    tell: () => {},
    ...(maxBufferedLogBytes === undefined ? {} : { maxBufferedLogBytes }),
  })
  return { part, operations: part.operations }
}

const toConfig = ({
  collections,
  ...config
}: {
  readonly collections: typeof LOG_COLLECTIONS
  readonly [name: string]: unknown
}) => ({ ...config, plugins: [definePlugin({ name: 'lines', collections })] }) as unknown as Parameters<typeof createSightline>[0]

/** The part under test answers for logs, whoever else there is. */
const withOperations = (sightline: Sightline, operations: ReturnType<typeof logsPlugin>['operations']): Sightline => {
  const registry = createOperationRegistry({
    operations: new Map(Object.entries(operations)),
    authority: {
      demand: async ({ permission, principal, team }) => {
        if (!(await sightline.allows({ permission, as: principal, team }))) throw new SightlineError('FORBIDDEN', 'no')
      },
    } as Parameters<typeof createOperationRegistry>[0]['authority'],
    clock: systemClock(),
    logger: silentLogger(),
    randomId: () => crypto.randomUUID(),
    publish: () => {},
    commit: async () => [],
  })
  return {
    ...sightline,
    operations: new Map([...sightline.operations, ...Object.entries(operations)]),
    call: ({ as, team = 'default', ...request }) =>
      Object.hasOwn(operations, request.operation)
        ? registry.call({ ...request, principal: as, team })
        : sightline.call({ as, team, ...request }),
  }
}

export const startLogsServed = async (options: LogsServedOptions = {}): Promise<LogsServed> => {
  const storage = options.storage ?? memoryStorage()
  const { part, operations } = logsPlugin(storage, options)
  const known = new Set(storagePlan().collections.map(({ name }) => name))
  const config = {
    access: options.access ?? allowAll(),
    logger: silentLogger(),
    storage,
    apis: {
      orders: {
        regions: { local: { probe: { collect: async () => ({ outcome: 'value', value: 1, latencyMs: 1, values: {} }) } } },
      },
    },
    // A Sightline of core's own has them already.
    collections: LOG_COLLECTIONS.filter(({ name }) => !known.has(name)),
  }
  const sightline = withOperations(createSightline(toConfig(config)) as unknown as Sightline, operations)
  const web = serve(sightline, { rateLimit: false, ...options.serve })
  const { url } = await web.listen({ port: 0 })
  await sightline.start()
  await part.start()

  return {
    sightline,
    url,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson', ...headers } }),
    search: async (filter = {}) => {
      const found = (await sightline.call({ operation: 'logs.search', input: { limit: 500, ...filter }, as: 'system' })) as {
        items: Awaited<ReturnType<LogsServed['search']>>
      }
      return found.items
    },
    [Symbol.asyncDispose]: async () => {
      await part.stop({ timeoutMs: 500 })
      await web.close({ drainMs: 200 })
      await sightline.stop({ timeoutMs: 1_000 })
    },
  }
}

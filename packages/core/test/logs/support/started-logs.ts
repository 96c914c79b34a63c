import type { Sample } from '../../../src/domain/sample.ts'
import { SightlineError } from '../../../src/errors.ts'
import { soleLeader } from '../../../src/leadership.ts'
import {
  createLogsPart,
  LOG_COLLECTIONS,
  type LogsDependencies,
  type LogsPart,
  type LogTailParams,
} from '../../../src/logs/logs-part.ts'
import { memoryStorage } from '../../../src/memory/memory-storage.ts'
import { createOperationRegistry } from '../../../src/operations/registry.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import type { StorageDriver } from '../../../src/ports/storage.ts'
import { storagePlan } from '../../../src/storage/storage-plan.ts'
import { type TestClock, testClock } from '../../../src/testing/fake-clock.ts'
import type { TopicChange } from '../../../src/topics/topic-change.ts'

/** The room of logs on storage in memory, with everything it tells recorded. */
export interface StartedLogs {
  readonly part: LogsPart
  readonly clock: TestClock
  readonly storage: StorageDriver
  readonly samples: Sample[]
  readonly told: {
    readonly team: string
    readonly params: LogTailParams
    readonly change: TopicChange & { readonly kind: 'log' }
  }[]
  /** Is storage there? */
  isUp: boolean
  call<T>(operation: string, input: unknown, team?: string): Promise<T>
}

export interface StartedLogsOptions extends Partial<LogsDependencies> {
  readonly storage?: StorageDriver
  readonly watches?: readonly { readonly team: string; readonly params: LogTailParams }[]
}

export const startLogs = async ({ storage: given, watches = [], ...more }: StartedLogsOptions = {}): Promise<StartedLogs> => {
  const clock = (more.clock as TestClock | undefined) ?? testClock()
  const storage = given ?? memoryStorage({ clock })
  const plan = storagePlan()
  const known = new Set(plan.collections.map(({ name }) => name))
  await storage.connect({
    ...plan,
    collections: [...plan.collections, ...LOG_COLLECTIONS.filter(({ name }) => !known.has(name))],
  })
  const samples: Sample[] = []
  const told: StartedLogs['told'] = []
  const logger = silentLogger()
  const started = { clock, storage, samples, told, isUp: true }
  const link: LogsDependencies['link'] = {
    get state() {
      return started.isUp ? ('up' as const) : ('away' as const)
    },
    run: async (call) => {
      if (!started.isUp) throw new SightlineError('UNAVAILABLE', 'Storage is away.')
      return call(storage)
    },
  }
  const part = createLogsPart({
    clock,
    random: () => 0.5,
    randomId: () => crypto.randomUUID(),
    logger,
    origin: 'here',
    link,
    leadership: soleLeader(),
    remote: { isAlone: true, carry: () => {}, hear: () => {} },
    emitter: { emit: () => {}, has: () => false },
    publish: () => {},
    observe: (sample) => void samples.push(sample),
    watched: () => watches,
    tell: (team, _name, { params, ...change }) => void told.push({ team, params, change }),
    ...more,
  })
  await part.start()
  const registry = createOperationRegistry({
    operations: new Map(Object.entries(part.operations)),
    authority: { demand: async () => {} } as unknown as Parameters<typeof createOperationRegistry>[0]['authority'],
    clock,
    logger,
    randomId: () => crypto.randomUUID(),
    publish: () => {},
    commit: (commits) => storage.commit(commits),
  })
  return Object.assign(started, {
    part,
    call: <T>(operation: string, input: unknown, team = 'default') =>
      registry.call({ operation, input, team, principal: 'system' }) as Promise<T>,
  })
}

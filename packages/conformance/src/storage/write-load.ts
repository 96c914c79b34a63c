import { SightlineError } from '@sightline/core'
import type { SnapshotKey, StorageDriver, Version } from '@sightline/core/ports'
import { commitOne, keyOf, replaceOne, snapshotWrite, won } from './writes.ts'

export interface WriteLoadOptions {
  /** Connected. */
  readonly driver: StorageDriver
  /** Begins the names of what is written. */
  readonly name: string
  /** A collection of the driver's plan that takes any value. */
  readonly store: string
  /** @default 8 */
  readonly writers?: number
}

/** How much storage has acknowledged so far. */
export interface LoadTally {
  /** The latest revision of each document, by its api; team and region are `loadKey`'s. */
  readonly revisions: ReadonlyMap<string, Version>
  readonly points: number
  readonly records: number
}

/** Writers that go on whatever happens to the server, and repeat what they got no answer to. */
export interface WriteLoad {
  /** Throws where a writer has given up: it lost to nobody, or was refused for good. */
  acknowledged(): LoadTally
  /** Calls that were refused or got no answer. */
  failures(): number
  /** Resolves when each writer has finished its round; rejects where one has given up. */
  stop(): Promise<void>
}

export const loadKey = (api: string): SnapshotKey => keyOf(api, 'eu')

const PAUSE_MS = 50

/**
 * Documents, points and records, as fast as storage takes them: for tests of a server that crashes, hangs or steps down under load.
 *
 * @example
 * const load = startWriteLoad({ driver, name: 'crash', store: 'test.notes' })
 * await server.restart()
 * await load.stop() // then everything of load.acknowledged() must be there, once
 */
export const startWriteLoad = ({ driver, name, store, writers = 8 }: WriteLoadOptions): WriteLoad => {
  const revisions = new Map<string, Version>()
  let points = 0
  let records = 0
  let failures = 0
  let isOn = true

  const insist = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call()
      } catch (thrown) {
        if (!(thrown instanceof SightlineError) || !['UNAVAILABLE', 'TIMEOUT'].includes(thrown.code)) throw thrown
        failures++
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }

  const write = async (index: number): Promise<void> => {
    const key = loadKey(`${name}-${index}`)
    for (let round = 0; isOn; round++) {
      const id = `${key.api}-${round}`
      const body = JSON.stringify({ round, text: 'x'.repeat(2_000) })
      const document = snapshotWrite({ key, expected: revisions.get(key.api) ?? null, writeId: id, at: round, body })
      revisions.set(key.api, won(await insist(() => replaceOne(driver, document))).version)
      const series = { team: key.team, service: key.api, region: key.region }
      await insist(() => driver.samples.append([{ series, at: round, values: { round } }]))
      points++
      const record = { store, id, team: key.team, expected: null, writeId: id, at: round, value: { round } }
      won(await insist(() => commitOne(driver, record)))
      records++
    }
  }
  const running = Promise.all(Array.from({ length: writers }, (_, index) => write(index)))
  let fault: Error | null = null
  running.catch((thrown: Error) => {
    fault = thrown
  })

  return {
    acknowledged: () => {
      if (fault !== null) throw fault
      return { revisions, points, records }
    },
    failures: () => failures,
    stop: async () => {
      isOn = false
      await running
    },
  }
}

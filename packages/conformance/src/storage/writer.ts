import type { StorageDriver, Version } from '@sightline/core/ports'
import { conformancePlan, ticketDefinition } from './plan.ts'
import { commitOne, keyOf, noteWrite, replaceOne, snapshotWrite, ticketWrite, won, writtenAt } from './writes.ts'

/** What a writer has been told is stored. A line is written only after the answer has come. */
export type Acknowledged =
  | { readonly kind: 'snapshot'; readonly region: string; readonly version: Version }
  | { readonly kind: 'commit'; readonly number: number }
  | { readonly kind: 'counter'; readonly number: number }
  | { readonly kind: 'deletion'; readonly number: number }
  | { readonly kind: 'samples'; readonly number: number }
  | { readonly kind: 'log'; readonly number: number }

export const writerTeam = 'writer'
export const pointsPerCall = 20
export const writerRegions = ['r0', 'r1', 'r2']
export const writerSeries = { team: writerTeam, service: 'api', region: 'eu' }
export const pointTime = (number: number, index: number): number => writtenAt + number * 1_000 + index

/** What a writer writes to, and whom it tells. */
export interface WriterOptions {
  /** Not yet connected. */
  readonly driver: StorageDriver
  /** Takes a line for everything that is acknowledged; must have passed it on when it returns. */
  report(line: string): void
  /** @default no end */
  readonly rounds?: number
}

/**
 * Writes to a store until it is killed: changes of snapshots, commits with what follows them, deletions, samples, log lines. Goes on where
 * an earlier writer of the same store ended. Run it in a process of its own, see `spawnWriterScript`.
 */
export const writeForever = async ({ driver, report, rounds = Number.POSITIVE_INFINITY }: WriterOptions): Promise<void> => {
  const acknowledge = (line: Acknowledged): void => report(JSON.stringify(line))
  await driver.connect(conformancePlan)
  await driver.recover()
  const tickets = driver.collection(ticketDefinition)
  const [counter] = await tickets.load({ team: writerTeam }, ['counter'])
  const first = (counter?.value.priority ?? 0) + 1
  let counterVersion = counter?.version ?? null

  for (let number = first; number < first + rounds; number++) {
    const region = writerRegions[number % writerRegions.length] ?? ''
    const key = keyOf('orders', region, writerTeam)
    const [latest] = await driver.snapshots.load([key])
    const changed = snapshotWrite({
      key,
      expected: latest?.version ?? null,
      at: writtenAt + number,
      body: `{"number":${number}}`,
    })
    acknowledge({ kind: 'snapshot', region, version: won(await replaceOne(driver, changed)).version })

    // Takes the counter on first, so that a successor never writes under a number that may be in use.
    const counting = ticketWrite({ id: 'counter', team: writerTeam, expected: counterVersion, value: { priority: number } })
    const counted = won(await commitOne(driver, counting, noteWrite({ id: `counter-${number}`, team: writerTeam })))
    counterVersion = counted.version
    acknowledge({ kind: 'counter', number })

    const insert = ticketWrite({ id: `t${number}`, team: writerTeam, value: { code: `code-${number}`, priority: number } })
    const following = ['a', 'b'].map((name) =>
      noteWrite({ id: `n${number}${name}`, team: writerTeam, value: { text: 'noted', of: `t${number}` } }),
    )
    const inserted = won(await commitOne(driver, insert, ...following))
    acknowledge({ kind: 'commit', number })

    if (number % 3 === 0) {
      const deletion = ticketWrite({ id: `t${number}`, team: writerTeam, expected: inserted.version, deleted: true })
      won(await commitOne(driver, deletion, noteWrite({ id: `deleted-${number}`, team: writerTeam })))
      acknowledge({ kind: 'deletion', number })
    }

    await driver.samples.append(
      Array.from({ length: pointsPerCall }, (_, index) => ({
        series: writerSeries,
        at: pointTime(number, index),
        values: { number },
      })),
    )
    acknowledge({ kind: 'samples', number })

    const line = {
      id: `l${number}`,
      at: writtenAt + number,
      service: 'api',
      severity: 9,
      terms: [],
      body: `{"number":${number}}`,
    }
    await driver.logs.append({ team: writerTeam }, [line])
    acknowledge({ kind: 'log', number })
  }
}

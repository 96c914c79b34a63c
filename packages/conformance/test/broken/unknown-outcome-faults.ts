import { randomUUID } from 'node:crypto'
import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { alter, type Fault, fault } from './fault.ts'
import { inTurn, mapLoaded, mapWon, replaceOne } from './snapshot-wrapping.ts'

/** Writes that are repeated because nobody knows whether they happened. */
export const unknownOutcomeFaults: readonly Fault[] = [
  {
    breaks: 'writeIds are forgotten at once',
    noticedBy: [
      'unknown outcomes: a repeated snapshot write answers as the first did and writes nothing',
      'unknown outcomes: a snapshot write that is repeated at the same time writes once',
      'unknown outcomes: a snapshot write twice in one call writes once',
      'unknown outcomes: a target remembers its last eight writes and its first',
      'unknown outcomes: a repeat answers as the first did whatever has happened since',
      'unknown outcomes: a process that starts anew remembers what others wrote',
      'unknown outcomes: an insert that is repeated after the record was deleted does not bring it back',
      'recovery: writes that were repeated after a death are there once',
      'retention: a target remembers its writes also where their history is pruned',
      'model: any sequence of commands answers as the model does',
    ],
    wrap: () => (driver) => {
      const fresh = (write: SnapshotWrite): SnapshotWrite => ({ ...write, writeId: `${write.writeId}#${randomUUID()}` })
      const told = (snapshot: Snapshot): Snapshot => ({ ...snapshot, writeId: snapshot.writeId.split('#')[0] ?? '' })
      return alter(driver, {
        snapshots: {
          load: async (keys) => mapLoaded(await driver.snapshots.load(keys), told),
          replace: async (writes) => mapWon(await driver.snapshots.replace(writes.map(fresh)), told),
        },
      })
    },
  },

  {
    breaks: 'writeIds are remembered by the process that wrote, not by the store',
    noticedBy: [
      'unknown outcomes: a process that starts anew remembers what others wrote',
      'unknown outcomes: a snapshot write that is repeated at the same time writes once',
    ],
    wrap: () => (driver) => {
      const process = randomUUID()
      return alter(driver, {
        snapshots: {
          replace: async (writes) =>
            mapWon(
              await driver.snapshots.replace(writes.map((write) => ({ ...write, writeId: `${process}#${write.writeId}` }))),
              (snapshot) => ({
                ...snapshot,
                writeId: snapshot.writeId.split('#')[1] ?? '',
              }),
            ),
        },
      })
    },
  },

  {
    breaks: 'only the last write is remembered',
    noticedBy: [
      'unknown outcomes: a target remembers its last eight writes and its first',
      'unknown outcomes: a repeat answers as the first did whatever has happened since',
    ],
    wrap: () => {
      const last = new Map<string, string>()
      return (driver) =>
        alter(driver, {
          snapshots: {
            replace: (writes) =>
              inTurn(writes, async (write) => {
                const id = JSON.stringify(write.key)
                const isLast = last.get(id) === write.writeId
                const outcome = await replaceOne(
                  driver,
                  isLast ? write : { ...write, writeId: `${write.writeId}#${randomUUID()}` },
                )
                if (!isLast && outcome.ok) last.set(id, write.writeId)
                return outcome
              }),
          },
        })
    },
  },

  fault(
    'a repeat is answered with what stands there now',
    [
      'unknown outcomes: a target remembers its last eight writes and its first',
      'unknown outcomes: a repeat answers as the first did whatever has happened since',
    ],
    (driver) => ({
      snapshots: {
        replace: (writes) =>
          inTurn(writes, async (write) => {
            const outcome = await replaceOne(driver, write)
            const [current] = await driver.snapshots.load([write.key])
            return outcome.ok && current !== null && current !== undefined ? { ok: true, record: current } : outcome
          }),
      },
    }),
  ),

  {
    breaks: 'a write that lost is remembered as well',
    noticedBy: ['unknown outcomes: a write that lost may win when it is repeated: only what won is remembered'],
    wrap: () => {
      const lost = new Map<string, Outcome<Snapshot>>()
      return (driver) =>
        alter(driver, {
          snapshots: {
            replace: (writes) =>
              inTurn(writes, async (write) => {
                const known = lost.get(write.writeId)
                if (known !== undefined) return known
                const outcome = await replaceOne(driver, write)
                if (!outcome.ok) lost.set(write.writeId, outcome)
                return outcome
              }),
          },
        })
    },
  },

  {
    breaks: 'writeIds are looked up without their target',
    noticedBy: ['unknown outcomes: the same id on another target is another write'],
    wrap: () => {
      const seen = new Map<string, Outcome<Snapshot>>()
      return (driver) =>
        alter(driver, {
          snapshots: {
            replace: (writes) =>
              inTurn(writes, async (write) => {
                const known = seen.get(write.writeId)
                if (known !== undefined) return known
                const outcome = await replaceOne(driver, write)
                if (outcome.ok) seen.set(write.writeId, outcome)
                return outcome
              }),
          },
        })
    },
  },
]

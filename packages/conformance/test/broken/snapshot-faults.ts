import type { Snapshot, SnapshotKey, SnapshotWrite, Version } from '@sightline/core/ports'
import { alter, type Fault, fault, pause } from './fault.ts'
import { currentOf, distorted, inTurn, mapLoaded, mapWon, replaceOne } from './snapshot-wrapping.ts'

/** Latest documents: who wins, what is shown. */
export const snapshotFaults: readonly Fault[] = [
  fault(
    'the last writer wins: the expected version is not looked at',
    [
      'snapshots: a write against another version conflicts, shows what stands there and changes nothing',
      'snapshots: a write against a version of a target that was never stored conflicts with nothing',
      'snapshots: each write of a call stands by itself, answers in their order',
      'snapshots: several writes of one key in a call are decided in their order',
      'epochs: a version of an earlier epoch is never the present one',
      'epochs: a write against the version of a removed target conflicts with nothing',
      'model: any sequence of commands answers as the model does',
    ],
    (driver) => ({
      snapshots: {
        replace: (writes) =>
          inTurn(writes, async (write) => replaceOne(driver, { ...write, expected: await currentOf(driver, write.key) })),
      },
    }),
  ),

  fault(
    'comparing and setting are two steps: two racers win',
    [
      'snapshot races: of racers over one version exactly one wins and makes one history entry',
      'snapshot races: of racers in two processes exactly one wins and makes one history entry',
      'snapshot races: racers who try again until they win lose no write',
    ],
    (driver) => ({
      snapshots: {
        replace: (writes) =>
          inTurn(writes, async (write) => {
            const current = await currentOf(driver, write.key)
            const isExpected = current?.epoch === write.expected?.epoch && current?.revision === write.expected?.revision
            await pause()
            return isExpected
              ? replaceOne(driver, { ...write, expected: await currentOf(driver, write.key) })
              : replaceOne(driver, write)
          }),
      },
    }),
  ),

  {
    breaks: 'racers are kept apart within a process only',
    noticedBy: ['snapshot races: of racers in two processes exactly one wins and makes one history entry'],
    wrap: () => (driver) => {
      let queue: Promise<unknown> = Promise.resolve()
      return alter(driver, {
        snapshots: {
          replace: (writes) => {
            const answer = queue.then(() =>
              inTurn(writes, async (write) => {
                const current = await currentOf(driver, write.key)
                const isExpected = current?.epoch === write.expected?.epoch && current?.revision === write.expected?.revision
                await pause()
                return isExpected
                  ? replaceOne(driver, { ...write, expected: await currentOf(driver, write.key) })
                  : replaceOne(driver, write)
              }),
            )
            queue = answer.catch(() => {})
            return answer
          },
        },
      })
    },
  },

  fault(
    'a conflict does not show what stands there',
    [
      'snapshots: a write against another version conflicts, shows what stands there and changes nothing',
      'snapshot races: racers who try again until they win lose no write',
      'fences: a write below the fence of the last winner is refused and changes nothing',
    ],
    (driver) => ({
      snapshots: {
        replace: async (writes) =>
          (await driver.snapshots.replace(writes)).map((outcome) => (outcome.ok ? outcome : { ...outcome, current: null })),
      },
    }),
  ),

  fault(
    'answers come in the order of the keys, not of the calls',
    [
      'snapshots: load answers in the order of the keys, repeated ones too',
      'snapshots: each write of a call stands by itself, answers in their order',
    ],
    (driver) => ({
      snapshots: {
        load: async (keys) =>
          (await driver.snapshots.load(keys)).toSorted((a, b) => ((a?.key.api ?? '') < (b?.key.api ?? '') ? -1 : 1)),
        replace: async (writes) => (await driver.snapshots.replace(writes)).toReversed(),
      },
    }),
  ),

  fault(
    'a target that is asked for twice is answered once',
    ['snapshots: load answers in the order of the keys, repeated ones too'],
    (driver) => ({
      snapshots: {
        load: async (keys) => {
          const ids = keys.map((key) => JSON.stringify(key))
          return (await driver.snapshots.load(keys)).filter((_, index) => ids.indexOf(ids[index] as string) === index)
        },
      },
    }),
  ),

  fault(
    'what is not stored reads as an empty document',
    [
      'snapshots: a target that was never stored loads as null',
      'tombstones: a removed target loads as null and stays in heads as a tombstone, one revision on',
      'fences: a fence holds for a target that was never stored, and does not show it',
      'scope: snapshots of one team are not those of another',
    ],
    (driver) => ({
      snapshots: {
        load: async (keys) =>
          (await driver.snapshots.load(keys)).map(
            (snapshot, index) =>
              snapshot ?? {
                key: keys[index] as SnapshotKey,
                version: { epoch: '', revision: 0 },
                writeId: '',
                at: 0,
                createdAt: 0,
                body: '{}',
                hash: '',
                fence: 0,
                detector: '',
              },
          ),
      },
    }),
  ),

  fault('the detector is not stored', ['snapshots: what was written is what loads, every field of it'], (driver) =>
    distorted(driver, (snapshot) => ({ ...snapshot, detector: '' })),
  ),

  fault('createdAt is the time of the last change', ['snapshots: createdAt stays the time of the first revision'], (driver) =>
    distorted(driver, (snapshot) => ({ ...snapshot, createdAt: snapshot.at })),
  ),

  {
    breaks: 'createdAt is the time of the very first epoch',
    noticedBy: ['epochs: a target written after its removal begins a new epoch at revision 1'],
    wrap: () => {
      const first = new Map<string, number>()
      return (driver) =>
        alter(
          driver,
          distorted(driver, (snapshot) => {
            const id = JSON.stringify(snapshot.key)
            if (!first.has(id)) first.set(id, snapshot.createdAt)
            return { ...snapshot, createdAt: first.get(id) ?? 0 }
          }),
        )
    },
  },

  fault(
    'revisions begin at 0',
    [
      'snapshots: a revision grows by one with each change, within one epoch',
      'snapshots: what was written is what loads, every field of it',
    ],
    (driver) => {
      const down = (snapshot: Snapshot): Snapshot => ({
        ...snapshot,
        version: { ...snapshot.version, revision: snapshot.version.revision - 1 },
      })
      const up = (version: Version | null): Version | null =>
        version === null ? null : { ...version, revision: version.revision + 1 }
      return {
        snapshots: {
          load: async (keys) => mapLoaded(await driver.snapshots.load(keys), down),
          replace: async (writes) =>
            mapWon(await driver.snapshots.replace(writes.map((write) => ({ ...write, expected: up(write.expected) }))), down),
        },
      }
    },
  ),

  {
    breaks: 'one epoch serves every record and comes back after a removal',
    noticedBy: [
      'epochs: a target written after its removal begins a new epoch at revision 1',
      'epochs: no two records begin with one epoch, and none comes back',
      'epochs: every record begins a new epoch at a restore from a backup',
      'epochs: a version of an earlier epoch is never the present one',
      'epochs: a record inserted after its deletion begins a new epoch at revision 1',
      'model: any sequence of commands answers as the model does',
    ],
    wrap: () => (driver) => {
      const same = <R extends { readonly version: Version }>(record: R): R => ({
        ...record,
        version: { ...record.version, epoch: 'epoch' },
      })
      const real = async (write: SnapshotWrite): Promise<SnapshotWrite> => {
        if (write.expected?.epoch !== 'epoch') return write
        const current = await currentOf(driver, write.key)
        return { ...write, expected: { epoch: current?.epoch ?? 'none', revision: write.expected.revision } }
      }
      return alter(driver, {
        snapshots: {
          load: async (keys) => mapLoaded(await driver.snapshots.load(keys), same),
          replace: (writes) =>
            inTurn(writes, async (write) => {
              const outcome = await replaceOne(driver, await real(write))
              if (outcome.ok) return { ok: true, record: same(outcome.record) }
              return { ...outcome, current: outcome.current === null ? null : same(outcome.current) }
            }),
        },
        commit: async (commits) =>
          (await driver.commit(commits)).map((outcome) => (outcome.ok ? { ok: true, record: same(outcome.record) } : outcome)),
      })
    },
  },

  fault(
    'a write of a removed target goes on in its old epoch',
    ['epochs: a write against the version of a removed target conflicts with nothing'],
    (driver) => ({
      snapshots: {
        replace: (writes) =>
          inTurn(writes, async (write) => {
            const current = await currentOf(driver, write.key)
            return replaceOne(driver, current === null && write.expected !== null ? { ...write, expected: null } : write)
          }),
      },
    }),
  ),

  fault(
    'one malformed write is left out, the rest of the call is written',
    ['fidelity: a name that is not well-formed Unicode is refused, and nothing written'],
    (driver) => ({
      snapshots: {
        replace: (writes) => inTurn(writes, (write) => replaceOne(driver, write)),
      },
    }),
  ),

  {
    breaks: 'targets of two regions are one',
    noticedBy: ['snapshots: targets differ by team, api and region'],
    wrap: () => (driver) => {
      const fold = (key: SnapshotKey): SnapshotKey => ({ ...key, region: '' })
      return alter(driver, {
        snapshots: {
          load: (keys) => driver.snapshots.load(keys.map(fold)),
          replace: (writes) => driver.snapshots.replace(writes.map((write) => ({ ...write, key: fold(write.key) }))),
        },
      })
    },
  },

  fault(
    'heads names targets without escaping them',
    [
      'snapshots: heads lists every target by the id of its key, with its version and no body',
      'fidelity: names stay apart as api',
      'fidelity: names stay apart as region',
    ],
    (driver) => ({
      snapshots: {
        heads: async (scope, page) => {
          const { items, next } = await driver.snapshots.heads(scope, page)
          return { items: items.map((head) => ({ ...head, id: decodeURIComponent(head.id) })), next }
        },
      },
    }),
  ),
]

import { SightlineError } from '../errors.ts'
import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import { readPage } from '../operations/read-page.ts'
import type { Stored } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'
import type { AlertOperations, Silence } from '../protocol/alerts.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { MAINTENANCE, SILENCES, type StoredMaintenance } from './alert-records.ts'
import { alertSchemas as schemas } from './alert-schemas.ts'
import { toMaintenance } from './hold-keeper.ts'
import { createMaintenanceWindows } from './maintenance-window.ts'

export interface HoldOperationsDeps {
  readonly link: Pick<StorageLink, 'run'>
  readonly randomId: () => string
  onSilence(record: Stored<Silence>): void
  onMaintenance(record: Stored<StoredMaintenance>): void
  onMaintenanceGone(team: string, id: string, version: Version): void
}

type Names = Extract<keyof AlertOperations, `silences.${string}` | `maintenance.${string}`>

const ATTEMPTS = 5
/** The longest a silence may last. */
const LONGEST_MS = 366 * 86_400_000

const changedMeanwhile = () => new SightlineError('CONFLICT', 'It is being changed by somebody else.')

/** The operations on silences and maintenance. */
export const createHoldOperations = (deps: HoldOperationsDeps): { readonly [N in Names]: Operation } => {
  const { link, randomId, onSilence, onMaintenance, onMaintenanceGone } = deps

  return {
    'silences.list': defineQuery({
      permission: 'alerts:view',
      summary: 'Silences that are not over, by their end; with `all` also those that are.',
      input: schemas.listSilences,
      output: schemas.silences,
      http: { method: 'GET', path: '/silences' },
      handle: ({ all = false, limit, cursor }, { team, now }) =>
        readPage<Silence>({
          limit,
          cursor,
          sizeOf: (item) => JSON.stringify(item).length,
          read: async (request) => {
            const page = await link.run((driver) =>
              driver
                .collection(SILENCES)
                .list(
                  { team },
                  { index: 'byEnd', equals: {}, order: 'asc', ...(all ? {} : { range: { from: now + 1 } }), ...request },
                ),
            )
            return { items: page.items.map(({ value }) => value), next: page.next }
          },
        }),
    }),
    'silences.create': defineMutation({
      permission: 'alerts:manage',
      summary: 'Mutes notices for a time; what was told of is still resolved.',
      input: schemas.createSilence,
      output: schemas.silence,
      http: { method: 'POST', path: '/silences' },
      handle: async (draft, { principal, now, commit }) => {
        if (draft.to <= draft.from || draft.to <= now || draft.to - draft.from > LONGEST_MS) {
          throw new SightlineError('INVALID_INPUT', 'A silence ends after it begins, in the future, within a year.', {
            fields: [{ path: 'to', message: 'later than `from` and than now, at most a year after it' }],
          })
        }
        const silence: Silence = { ...draft, id: randomId(), by: principal?.id ?? null }
        const outcome = await commit({ store: SILENCES.name, id: silence.id, expected: null, value: silence })
        if (!outcome.ok) throw changedMeanwhile()
        onSilence(outcome.record as Stored<Silence>)
        return silence
      },
    }),
    'silences.expire': defineMutation({
      permission: 'alerts:manage',
      summary: 'Ends a silence now.',
      input: schemas.byId,
      output: schemas.silence,
      http: { method: 'POST', path: '/silences/:id/expire' },
      handle: async ({ id }, { team, now, commit }) => {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const [stored] = await link.run((driver) => driver.collection(SILENCES).load({ team }, [id]))
          if (stored === null || stored === undefined) throw new SightlineError('NOT_FOUND', 'There is no silence of this id.')
          if (stored.value.to <= now) return stored.value
          const value: Silence = { ...stored.value, from: Math.min(stored.value.from, now), to: now }
          const outcome = await commit({ store: SILENCES.name, id, expected: stored.version, value })
          if (!outcome.ok) continue
          onSilence(outcome.record as Stored<Silence>)
          return value
        }
        throw changedMeanwhile()
      },
    }),
    'maintenance.list': defineQuery({
      permission: 'alerts:view',
      summary: 'Planned work, by title.',
      input: schemas.listMaintenance,
      output: schemas.maintenances,
      http: { method: 'GET', path: '/maintenance' },
      handle: async ({ limit, cursor }, { team, now }) => {
        const page = await readPage<StoredMaintenance>({
          limit,
          cursor,
          sizeOf: (item) => JSON.stringify(item).length,
          read: async (request) => {
            const found = await link.run((driver) =>
              driver.collection(MAINTENANCE).list({ team }, { index: 'byTitle', equals: {}, order: 'asc', ...request }),
            )
            return { items: found.items.map(({ value }) => value), next: found.next }
          },
        })
        return { items: page.items.map((record) => toMaintenance(record, now)), next: page.next }
      },
    }),
    'maintenance.create': defineMutation({
      permission: 'alerts:manage',
      summary: 'Plans work, once or again and again; what it concerns is in `maintenance` meanwhile.',
      input: schemas.createMaintenance,
      output: schemas.maintenance,
      http: { method: 'POST', path: '/maintenance' },
      handle: async (draft, { principal, now, commit }) => {
        const record: StoredMaintenance = { ...draft, id: randomId(), by: principal?.id ?? null }
        if (createMaintenanceWindows(record).next(now) === null) {
          throw new SightlineError('INVALID_INPUT', 'This maintenance is over, or never begins.')
        }
        const outcome = await commit({ store: MAINTENANCE.name, id: record.id, expected: null, value: record })
        if (!outcome.ok) throw changedMeanwhile()
        onMaintenance(outcome.record as Stored<StoredMaintenance>)
        return toMaintenance(record, now)
      },
    }),
    'maintenance.delete': defineMutation({
      permission: 'alerts:manage',
      summary: 'Calls planned work off, or ends it.',
      input: schemas.byId,
      output: schemas.deleted,
      http: { method: 'DELETE', path: '/maintenance/:id' },
      handle: async ({ id }, { team, commit }) => {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const [stored] = await link.run((driver) => driver.collection(MAINTENANCE).load({ team }, [id]))
          if (stored === null || stored === undefined) return { deleted: false }
          const outcome = await commit({ store: MAINTENANCE.name, id, expected: stored.version, value: undefined })
          if (!outcome.ok) continue
          onMaintenanceGone(team, id, outcome.record.version)
          return { deleted: true }
        }
        throw changedMeanwhile()
      },
    }),
  }
}

import { changedSections } from '../changes/changed-sections.ts'
import { difference } from '../changes/json-difference.ts'
import { toMetricsSnapshot } from '../domain/metrics-snapshot.ts'
import { SightlineError } from '../errors.ts'
import { describeTarget, type Target } from '../polling/target.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import type { IntervalStore } from '../polling/target-intervals.ts'
import type { Page } from '../ports/identity.ts'
import { type Snapshot, type SnapshotKey, snapshotId } from '../ports/snapshots.ts'
import type { ApiDescription, MetricsOperations } from '../protocol/contract.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import type { TargetBoard } from '../topics/target-board.ts'
import { defineMutation, defineQuery, type Operation } from './define-operation.ts'
import { metricsSchemas as schemas } from './metrics-schemas.ts'
import { readPage } from './read-page.ts'

export interface MetricsDependencies {
  readonly link: Pick<StorageLink, 'run'>
  readonly directory: TargetDirectory
  readonly intervals: IntervalStore
  readonly board: Pick<TargetBoard, 'polls'>
  onRetargeted(target: Target): void
}

/** The group `metrics`: what is known of every target's document, now and before. */
export const metricsOperations = ({
  link,
  directory,
  intervals,
  board,
  onRetargeted,
}: MetricsDependencies): { readonly [N in keyof MetricsOperations]: Operation } => {
  const keyOf = (team: string, { api, region }: { readonly api: string; readonly region: string }): SnapshotKey => {
    const key = { team, api, region }
    directory.demand(key)
    return key
  }

  const loadRevision = async (
    key: SnapshotKey,
    wanted: readonly { readonly epoch: string; readonly revision: number }[],
  ): Promise<Snapshot[]> => {
    const found = await link.run((driver) => driver.snapshots.revisions(key, wanted))
    return wanted.map(({ epoch, revision }, index) => {
      const entry = found[index] ?? null
      if (entry === null)
        throw new SightlineError(
          'NOT_FOUND',
          `Revision ${revision} of epoch ${JSON.stringify(epoch)} is not in the history (any more).`,
        )
      return entry
    })
  }

  const noData = ({ api, region }: SnapshotKey): SightlineError =>
    new SightlineError('NOT_FOUND', `There is no document of ${JSON.stringify(api)} in ${JSON.stringify(region)} yet.`)

  const notPolled = (key: SnapshotKey): SightlineError =>
    directory.demand(key).target.maxPerSecond === null
      ? new SightlineError('ABORTED', 'Sightline is stopping.')
      : new SightlineError('TOO_MANY_REQUESTS', `${JSON.stringify(key.api)} is asked as often as it may be already.`)

  return {
    'metrics.get': defineQuery({
      permission: 'metrics:view',
      summary: 'The latest document of a target, or the one that was latest at a time.',
      input: schemas.getInput,
      output: schemas.snapshot,
      http: { method: 'GET', path: '/apis/:api/regions/:region' },
      handle: async ({ asOf, ...ref }, { team }) => {
        const key = keyOf(team, ref)
        const snapshot =
          asOf === undefined
            ? (await link.run((driver) => driver.snapshots.load([key])))[0]
            : (await link.run((driver) => driver.snapshots.history(key, { limit: 1, asOf }))).items[0]
        if (snapshot == null) throw noData(key)
        return toMetricsSnapshot(snapshot)
      },
    }),
    'metrics.list': defineQuery({
      permission: 'metrics:view',
      summary: 'The latest documents of every region of one api, or of all. A page ends early where its documents are long.',
      input: schemas.listInput,
      output: schemas.snapshots,
      http: { method: 'GET', path: '/snapshots' },
      handle: async ({ api, limit, cursor }, { team }) => {
        const targets = ofTeam(directory.targets, team).filter(({ key }) => api === undefined || key.api === api)
        if (targets.length === 0 && api !== undefined)
          throw new SightlineError('UNKNOWN_REGION', `There is no api ${JSON.stringify(api)}.`)
        const page = await readPage<Snapshot | null>({
          limit,
          cursor,
          sizeOf: (snapshot) => snapshot?.body.length ?? 0,
          read: async (request) => {
            const { items, next } = pageOfTargets(targets, request)
            return { items: await link.run((driver) => driver.snapshots.load(items.map(({ key }) => key))), next }
          },
        })
        return { items: page.items.flatMap((found) => (found === null ? [] : [toMetricsSnapshot(found)])), next: page.next }
      },
    }),
    'metrics.history': defineQuery({
      permission: 'metrics:view',
      summary: "A target's documents, newest first, one for each change. A page ends early where they are long.",
      input: schemas.historyInput,
      output: schemas.snapshots,
      http: { method: 'GET', path: '/apis/:api/regions/:region/history' },
      handle: async ({ api, region, limit, cursor, asOf }, { team }) => {
        const key = keyOf(team, { api, region })
        const since = asOf === undefined ? {} : { asOf }
        const page = await readPage<Snapshot>({
          limit,
          cursor,
          sizeOf: ({ body }) => body.length,
          read: (request) => link.run((driver) => driver.snapshots.history(key, { ...request, ...since })),
        })
        return { items: page.items.map(toMetricsSnapshot), next: page.next }
      },
      // One document is read to know whether a page of them has to be.
      cached: async ({ api, region }, { team }) => {
        const key = keyOf(team, { api, region })
        const [latest] = await link.run((driver) => driver.snapshots.load([key]))
        return latest == null ? null : { under: JSON.stringify(latest.version) }
      },
      // As an overview of all targets asks for their last changes, then as somebody looks at one of them.
      likely: () =>
        [{ limit: 2 }, {}].flatMap((page) =>
          directory.targets.map(({ key: { team, api, region } }) => ({ team, input: { api, region, ...page } })),
        ),
    }),
    'metrics.diff': defineQuery({
      permission: 'metrics:view',
      summary: 'What turned one revision into another, as a JSON Patch.',
      input: schemas.diffInput,
      output: schemas.diff,
      http: { method: 'POST', path: '/apis/:api/regions/:region/diff' },
      handle: async ({ from, to, ...ref }, { team }) => {
        const key = keyOf(team, ref)
        const [before, after] = await loadRevision(key, [from, to])
        if (before === undefined || after === undefined) throw noData(key)
        const { detector } = directory.demand(key).target
        return {
          from: { ...before.version, updatedAt: before.at },
          to: { ...after.version, updatedAt: after.at },
          sections: [...changedSections({ before: before.body, after: after.body, detector })],
          patch: difference(JSON.parse(before.body), JSON.parse(after.body)),
        }
      },
      // Revisions never change; what counts as a section is the configuration's.
      cached: (ref, { team }) => ({ under: directory.demand(keyOf(team, ref)).target.detector.fingerprint }),
    }),
    'metrics.polls': defineQuery({
      permission: 'metrics:view',
      summary: 'What the last polls of a target found, up to 60, oldest first.',
      input: schemas.ref,
      output: schemas.polls,
      http: { method: 'GET', path: '/apis/:api/regions/:region/polls' },
      handle: (ref, { team }) => {
        const { target } = directory.demand(keyOf(team, ref))
        return { ...ref, polls: board.polls(target.id) }
      },
    }),
    'metrics.listApis': defineQuery({
      permission: 'metrics:view',
      summary: 'The configured apis and their regions.',
      input: schemas.nothing,
      output: schemas.apis,
      http: { method: 'GET', path: '/apis' },
      handle: (_, { team }) => ({ items: describeApis(ofTeam(directory.targets, team)), next: null }),
    }),
    'metrics.setInterval': defineMutation({
      permission: 'targets:manage',
      summary: 'Changes how often a target is polled, for good.',
      input: schemas.setIntervalInput,
      output: schemas.regionDescription,
      http: { method: 'PUT', path: '/apis/:api/regions/:region/interval' },
      handle: async ({ intervalMs, ...ref }, context) => {
        const key = keyOf(context.team, ref)
        await intervals.save(key, intervalMs, context)
        await directory.setInterval(key, intervalMs)
        const { target } = directory.demand(key)
        onRetargeted(target)
        return describeTarget(target)
      },
    }),
    'metrics.pollNow': defineMutation({
      permission: 'targets:manage',
      summary: 'Polls a target now, without waiting for its turn.',
      input: schemas.ref,
      output: schemas.pollResult,
      http: { method: 'POST', path: '/apis/:api/regions/:region/poll' },
      handle: async (ref, { team, signal }) => {
        const key = keyOf(team, ref)
        const result = await directory.pollNow(key, signal)
        if (result.kind === 'failed') throw result.error
        if (result.kind === 'skipped') throw notPolled(key)
        return { changed: result.changed, latencyMs: result.latencyMs }
      },
    }),
  }
}

/** In the order of the configuration; a cursor names the last target before. */
const pageOfTargets = (
  targets: readonly Target[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Page<Target> => {
  const start = cursor === undefined ? 0 : targets.findIndex(({ key }) => snapshotId(key) === cursor) + 1
  if (cursor !== undefined && start === 0) throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this list.')
  const items = targets.slice(start, start + limit)
  const last = items.at(-1)
  return { items, next: last === undefined || start + limit >= targets.length ? null : snapshotId(last.key) }
}

const ofTeam = (targets: readonly Target[], team: string): readonly Target[] => targets.filter(({ key }) => key.team === team)

/** Apis with their regions, in the order of the configuration. */
export const describeApis = (targets: readonly Target[]): ApiDescription[] => {
  const byApi = Map.groupBy(targets, ({ key }) => key.api)
  return [...byApi].map(([name, group]) => ({ name, regions: group.map(describeTarget) }))
}

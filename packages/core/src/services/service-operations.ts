import type { Sample } from '../domain/sample.ts'
import { SightlineError } from '../errors.ts'
import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import { pause } from '../pause.ts'
import { attempt } from '../polling/attempt.ts'
import type { Clock } from '../ports/clock.ts'
import type { ProbeKind } from '../ports/probe.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { CheckSpec, ServiceOperations, ServiceReport, ServiceSpec, ServiceView } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import { untilAborted } from '../until-aborted.ts'
import type { CheckRunner } from './check-runner.ts'
import type { ReportIntake } from './report-intake.ts'
import type { ServiceBoard } from './service-board.ts'
import type { ServiceDirectory } from './service-directory.ts'
import type { ServiceEdits, SpecChanges } from './service-edits.ts'
import { alsoJudgedBy, serviceSchemas as schemas } from './service-operation-schemas.ts'
import { HEARTBEAT, optionsOf } from './service-record.ts'
import { checkFaults, findSpecFaults } from './service-schema.ts'
import { toSample } from './to-sample.ts'

export interface ServiceOperationsDeps {
  readonly directory: ServiceDirectory
  readonly board: ServiceBoard
  readonly edits: ServiceEdits
  readonly runner: Pick<CheckRunner, 'checkNow'>
  readonly intake: Pick<ReportIntake, 'take'>
  /** For what is entered here: they keep to addresses that may be asked. */
  readonly kinds: ReadonlyMap<string, ProbeKind<unknown>>
  readonly clock: Clock
  readonly random: () => number
}

/** How long an answer to `services.checkNow` waits for the verdict, and how often it looks, in ms. */
const JUDGED_WITHIN_MS = 1_000
const LOOK_AGAIN_MS = 25
const DEFAULT_TEST_MS = 10_000
/** Checks that are tried at once, at most. */
const MOST_TESTS = 10

/** The group `services`. */
export const serviceOperations = (deps: ServiceOperationsDeps): { readonly [N in keyof ServiceOperations]: Operation } => {
  const { directory, board, edits, runner, intake, kinds, clock, random } = deps
  let testing = 0

  const viewOf = (team: string, name: string): ServiceView => {
    const view = board.view(team, name)
    if (view === null) throw new SightlineError('NOT_FOUND', `There is no service ${spellName(name)}.`)
    return view
  }

  /** Who judges may be another process, or none that can be heard: then the answer says what was seen. */
  const untilJudged = async (
    team: string,
    name: string,
    { samples, signal }: { readonly samples: readonly Sample[]; readonly signal: AbortSignal },
  ): Promise<void> => {
    const isJudged = (): boolean => {
      const regions = board.view(team, name)?.regions ?? []
      return samples.every(({ region, at }) => regions.some((view) => view.region === region && (view.checkedAt ?? 0) >= at))
    }
    const endsAt = clock.monotonic() + JUDGED_WITHIN_MS
    while (!isJudged() && !signal.aborted && clock.monotonic() < endsAt) await pause(LOOK_AGAIN_MS, { clock, signals: [signal] })
  }

  const test = async (check: CheckSpec, timeoutMs: number, signal: AbortSignal) => {
    if (testing >= MOST_TESTS) {
      throw new SightlineError('TOO_MANY_REQUESTS', `${MOST_TESTS} checks are being tried already.`, { retryAfterMs: 1_000 })
    }
    const kind = kinds.get(check.kind)
    if (kind === undefined) throw new SightlineError('INVALID_INPUT', 'A heartbeat is waited for; there is nothing to try.')
    testing++
    const probe = kind.open(kind.parse(optionsOf(check)))
    try {
      const { observation } = await attempt({
        probe,
        region: 'default',
        etag: undefined,
        timeoutMs,
        retries: 0,
        signals: [signal],
        clock,
        random,
      })
      const { verdict, values, reason } = toSample({ team: '', service: '', region: '', at: 0 }, observation)
      return { ok: verdict !== 'down', latencyMs: observation.latencyMs, values, error: reason ?? null }
    } finally {
      testing--
      await probe.close?.()
    }
  }

  return {
    'services.list': defineQuery({
      permission: 'services:view',
      summary: 'The services of the team and how they are doing, by name.',
      input: schemas.listInput,
      output: schemas.views,
      http: { method: 'GET', path: '/services' },
      handle: ({ tag, status, limit, cursor }, { team }) => {
        const found = board
          .views(team)
          .filter((view) => (tag === undefined || view.tags.includes(tag)) && (status === undefined || view.status === status))
          .filter(({ name }) => cursor === undefined || name > cursor)
        const items = found.slice(0, limit)
        return { items, next: found.length > limit ? (items.at(-1)?.name ?? null) : null }
      },
    }),
    'services.get': defineQuery({
      permission: 'services:view',
      summary: 'A service with all there is to edit, and how it is doing. Secrets are shown as ***.',
      input: schemas.named,
      output: schemas.detail,
      http: { method: 'GET', path: '/services/:name' },
      handle: ({ name }, { team }) => {
        const state = board.state(team, name)
        if (state === null) throw new SightlineError('NOT_FOUND', `There is no service ${spellName(name)}.`)
        return state.data
      },
    }),
    'services.create': defineMutation({
      permission: 'services:manage',
      summary: 'Adds a service; it is checked from now on.',
      input: alsoJudgedBy(schemas.createInput, (input) => {
        if (!isRecord(input)) return []
        const { name, ...spec } = input
        return findSpecFaults(spec, { kinds, ...(typeof name === 'string' ? { name } : {}) })
      }),
      output: schemas.service,
      http: { method: 'POST', path: '/services' },
      handle: ({ name, ...spec }, context) => edits.create(name, spec as ServiceSpec, context),
    }),
    'services.update': defineMutation({
      permission: 'services:manage',
      summary: 'Changes a service. Fields that are not given stay; null takes one away; *** keeps a secret.',
      input: schemas.updateInput,
      output: schemas.service,
      http: { method: 'PATCH', path: '/services/:name' },
      handle: ({ name, changes, expected }, context) =>
        edits.update({ name, changes: changes as SpecChanges, expected }, context),
    }),
    'services.delete': defineMutation({
      permission: 'services:manage',
      summary: 'Deletes a service. What was measured of it stays as long as measurements are kept.',
      input: schemas.named,
      output: schemas.deleted,
      http: { method: 'DELETE', path: '/services/:name' },
      handle: async ({ name }, context) => ({ deleted: await edits.remove(name, context) }),
    }),
    'services.setEnabled': defineMutation({
      permission: 'services:manage',
      summary: 'Pauses a service, or lets it go on; one of the configuration as well.',
      input: schemas.setEnabledInput,
      output: schemas.service,
      http: { method: 'PUT', path: '/services/:name/enabled' },
      handle: ({ name, enabled }, context) => edits.setEnabled(name, enabled, context),
    }),
    'services.checkNow': defineMutation({
      permission: 'services:manage',
      summary: 'Checks a service now in every region, and answers with how it is doing then.',
      input: schemas.named,
      output: schemas.view,
      http: { method: 'POST', path: '/services/:name/check' },
      handle: async ({ name }, { team, signal }) => {
        const entry = directory.demand(team, name)
        if (!entry.isChecked) {
          throw new SightlineError('INVALID_INPUT', `The service ${spellName(name)} reports itself; there is nothing to check.`)
        }
        if (!entry.service.enabled) throw new SightlineError('CONFLICT', `The service ${spellName(name)} is paused.`)
        const samples = await untilAborted(() => runner.checkNow(entry), signal)
        await untilJudged(team, name, { samples, signal })
        return withSamples(viewOf(team, name), samples)
      },
    }),
    'services.test': defineMutation({
      permission: 'services:manage',
      summary: 'Tries a check without storing it.',
      input: alsoJudgedBy(schemas.testInput, (input) => (isRecord(input) ? checkFaults({ check: input.check }, kinds) : [])),
      output: schemas.testResult,
      http: { method: 'POST', path: '/services/test' },
      handle: ({ check, timeoutMs = DEFAULT_TEST_MS }, { signal }) => {
        if (check.kind === HEARTBEAT) {
          throw new SightlineError('INVALID_INPUT', 'A heartbeat is waited for; there is nothing to try.')
        }
        return test(check, timeoutMs, signal)
      },
    }),
    'services.report': defineMutation({
      permission: 'services:report',
      summary: 'A service reports itself: how it is, and numbers of its own. Also the heartbeat of a dead man’s switch.',
      input: schemas.reportInput,
      output: schemas.accepted,
      http: { method: 'POST', path: '/services/:name/reports' },
      handle: ({ name, ...report }, { team }) => ({ accepted: intake.take(team, name, report as ServiceReport) }),
    }),
    'services.kinds': defineQuery({
      permission: 'services:view',
      summary: 'Names of the kinds of checks that can be used.',
      input: schemas.nothing,
      output: schemas.kinds,
      http: { method: 'GET', path: '/service-kinds' },
      handle: () => ({ kinds: [HEARTBEAT, ...kinds.keys()].sort() }),
    }),
  }
}

/** What was seen just now, where those who judge have not said yet what comes of it. */
const withSamples = (view: ServiceView, samples: readonly Sample[]): ServiceView => ({
  ...view,
  regions: view.regions.map((region) => {
    const sample = samples.find((each) => each.region === region.region)
    if (sample === undefined || (region.checkedAt ?? 0) >= sample.at) return region
    return { ...region, checkedAt: sample.at, latencyMs: sample.values.latencyMs ?? null, reason: sample.reason ?? null }
  }),
})

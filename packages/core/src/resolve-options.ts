import { compileDetector, type Detector } from './changes/detector.ts'
import { parseConfig } from './config-schema.ts'
import type { ApiOptions, Config, Plugins, RegionNames, TargetOptions, TuningOptions } from './options.ts'
import { type LazyProbe, lazyProbe } from './polling/lazy-probe.ts'
import { scheduleId, type Target } from './polling/target.ts'
import { defaultTimeoutMs } from './polling/target-directory.ts'
import type { SnapshotKey } from './ports/snapshots.ts'
import { DEFAULT_TEAM } from './protocol/rooms.ts'
import type { Schema } from './protocol/standard-schema.ts'

/** A target asked by url, whose probe is made at start; `path` is where it stands in the configuration. */
export interface UrlTarget {
  readonly path: string
  readonly probe: LazyProbe
}

/** A configuration with every default filled in. */
export interface ResolvedOptions {
  readonly targets: readonly Target[]
  readonly urlTargets: readonly UrlTarget[]
  readonly historyDays: number
  readonly tuning: Required<TuningOptions>
}

/** The defaults of `TuningOptions`. */
const defaultTuning: Required<TuningOptions> = {
  maxBufferedWrites: 10_000,
  maxBufferedBytes: 67_108_864,
  provisionalAfterMs: 250,
  storageTimeoutMs: 5_000,
  reconcileMs: 1_000,
  heartbeatMs: 1_000,
}

const DEFAULT_INTERVAL_MS = 5_000
const DEFAULT_RETRIES = 2
const DEFAULT_BODY_BYTES = 1_048_576
const DEFAULT_HISTORY_DAYS = 30

type Api = ApiOptions & { readonly schema?: unknown; readonly regions: Readonly<Record<string, TargetOptions>> }

/** Rejects with `INVALID_CONFIG` and every fault. */
export const resolveOptions = <R, D, P>(config: Config<R, D, P>): ResolvedOptions => {
  const { apis = {}, retention = {}, tuning } = parseConfig(config as unknown as Config<RegionNames, unknown, Plugins>)
  const targets: Target[] = []
  const urlTargets: UrlTarget[] = []
  for (const [name, api] of Object.entries(apis as Readonly<Record<string, Api>>)) {
    const detector = compileDetector({
      ...(api.ignore && { ignore: api.ignore }),
      ...(api.deadband && { deadband: api.deadband }),
    })
    for (const [region, options] of Object.entries(api.regions)) {
      const { target, urlProbe } = toTarget({ name, api, region, options, detector })
      targets.push(target)
      if (urlProbe !== null) urlTargets.push({ path: `apis.${name}.regions.${region}`, probe: urlProbe })
    }
  }
  return {
    targets,
    urlTargets,
    historyDays: retention.historyDays ?? DEFAULT_HISTORY_DAYS,
    tuning: { ...defaultTuning, ...tuning },
  }
}

interface TargetSource {
  readonly name: string
  readonly api: Api
  readonly region: string
  readonly options: TargetOptions
  readonly detector: Detector
}

const toTarget = ({
  name,
  api,
  region,
  options,
  detector,
}: TargetSource): { readonly target: Target; readonly urlProbe: LazyProbe | null } => {
  const {
    probe,
    label,
    intervalMs = api.intervalMs ?? DEFAULT_INTERVAL_MS,
    timeoutMs = api.timeoutMs ?? defaultTimeoutMs(intervalMs),
    ...http
  } = options
  const maxBodyBytes = api.maxBodyBytes ?? DEFAULT_BODY_BYTES
  const urlProbe = probe === undefined ? lazyProbe({ ...http, maxBodyBytes }) : null
  const key: SnapshotKey = { team: DEFAULT_TEAM, api: name, region }
  const target: Target = {
    id: scheduleId(key),
    key,
    label: label ?? region,
    intervalMs,
    timeoutMs,
    retries: api.retries ?? DEFAULT_RETRIES,
    maxBodyBytes,
    maxPerSecond: api.maxPerSecond ?? null,
    detector,
    ignore: api.ignore ?? [],
    schema: (api.schema as Schema | undefined) ?? null,
    probe: urlProbe ?? (probe as NonNullable<typeof probe>),
  }
  return { target, urlProbe }
}

import type { PollerStatus } from '@sightline/core/protocol'
import { type Exposed, expose } from './exposition.ts'

/** Every series costs whoever scrapes memory for as long as it keeps them. */
const MAX_LISTED = 2_000
const MS_PER_SECOND = 1_000

type Reading = (status: PollerStatus) => number | null

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / MS_PER_SECOND)

const READINGS: readonly (Omit<Exposed, 'samples'> & { readonly read: Reading })[] = [
  {
    name: 'sightline_target_up',
    help: 'Did the last poll succeed? None before the first poll and while paused.',
    type: 'gauge',
    read: ({ state }) => (state === 'waiting' || state === 'paused' ? null : Number(state === 'up')),
  },
  {
    name: 'sightline_target_latency_seconds',
    help: 'How long the last poll that succeeded took.',
    type: 'gauge',
    read: ({ latencyMs }) => seconds(latencyMs),
  },
  {
    name: 'sightline_target_last_success_timestamp_seconds',
    help: 'When the last poll succeeded, Unix time.',
    type: 'gauge',
    read: ({ checkedAt }) => seconds(checkedAt),
  },
  {
    name: 'sightline_target_changes_total',
    help: 'Documents of the target that changed.',
    type: 'counter',
    read: ({ changes }) => changes,
  },
  {
    name: 'sightline_target_consecutive_failures',
    help: 'Polls that failed since the last that succeeded.',
    type: 'gauge',
    read: ({ consecutiveFailures }) => consecutiveFailures,
  },
]

/** Series by api and region, of the first 2,000 targets; one line says how many more there are. */
export const targetSeries = (targets: readonly PollerStatus[]): string => {
  const listed = targets.slice(0, MAX_LISTED)
  const unlisted = expose({
    name: 'sightline_targets_unlisted',
    help: `Targets without series of their own: those after the first ${MAX_LISTED}.`,
    type: 'gauge',
    samples: [{ value: targets.length - listed.length }],
  })
  const series = READINGS.map(({ read, ...metric }) => {
    const samples = listed.flatMap((status) => {
      const value = read(status)
      return value === null ? [] : [{ labels: { api: status.api, region: status.region }, value }]
    })
    return expose({ ...metric, samples })
  })
  return [unlisted, ...series].join('')
}

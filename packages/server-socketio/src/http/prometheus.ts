import type { Counters, Sightline } from '@sightline/core'
import type { Clock } from '@sightline/core/ports'
import type { PollerStatus } from '@sightline/core/protocol'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { measureLoopDelay } from './loop-delay.ts'
import { targetSeries } from './target-series.ts'

/** One request, served. `endpoint` is the route's pattern, so that there are no more series than routes. */
export interface ServedRequest {
  readonly method: string
  readonly endpoint: string
  readonly status: number
  readonly durationMs: number
}

/** What is counted of one server; a registry of its own, so that several live in one process. */
export interface Prometheus {
  readonly contentType: string
  observe(request: ServedRequest): void
  text(): Promise<string>
  close(): void
}

export interface PrometheusOptions {
  readonly sightline: Pick<Sightline, 'counters' | 'sessions' | 'read'>
  readonly clock: Clock
  readonly laggingClients: () => number
}

const DURATION_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const MICROSECONDS = 1e6

const COUNTED: Readonly<Record<string, readonly [help: string, of: (counters: Counters) => number]>> = {
  sightline_polls_total: ['Polls of targets.', ({ polls }) => polls],
  sightline_poll_failures_total: ['Polls that failed.', ({ pollFailures }) => pollFailures],
  sightline_polls_skipped_total: ['Polls left out because the one before was still running.', ({ pollsSkipped }) => pollsSkipped],
  sightline_probes_abandoned_total: ['Probes that did not settle after their abort.', ({ probesAbandoned }) => probesAbandoned],
  sightline_changes_total: ['Documents that changed.', ({ changes }) => changes],
  sightline_snapshot_writes_total: ['Documents stored.', ({ snapshotWrites }) => snapshotWrites],
  sightline_writes_conflicted_total: ['Writes another process won.', ({ writesConflicted }) => writesConflicted],
  sightline_writes_fenced_total: ['Writes refused because a successor took over.', ({ writesFenced }) => writesFenced],
  sightline_writes_dropped_total: ['Writes dropped while storage was away.', ({ writesDropped }) => writesDropped],
  sightline_emits_total: ['Frames broadcast to a room.', ({ broadcasts }) => broadcasts],
  sightline_resyncs_total: ['Topics sent again as a whole.', ({ resyncs }) => resyncs],
  sightline_samples_stored_total: ['Samples of services stored.', ({ samplesStored }) => samplesStored],
  sightline_samples_dropped_total: ['Samples that had to go while storage was away.', ({ samplesDropped }) => samplesDropped],
  sightline_log_lines_total: ['Log lines taken in.', ({ logLines }) => logLines],
  sightline_log_lines_dropped_total: ['Log lines that found no room.', ({ logLinesDropped }) => logLinesDropped],
  sightline_bus_events_total: ['Events from other processes.', ({ busEvents }) => busEvents],
}

const GAUGED: typeof COUNTED = {
  sightline_write_queue_depth: ['Writes waiting for storage.', ({ bufferedWrites }) => bufferedWrites],
  sightline_write_queue_bytes: ['Bytes of documents waiting for storage.', ({ bufferedBytes }) => bufferedBytes],
  sightline_subscriptions: ['Subscriptions of all sessions.', ({ subscriptions }) => subscriptions],
  sightline_active_incidents: ['Incidents that are not resolved.', ({ activeIncidents }) => activeIncidents],
  sightline_spooled_commits: ['Incidents and alerts that wait for storage.', ({ spooled }) => spooled],
  sightline_targets: ['Targets configured.', ({ targets }) => targets],
}

/** The items of the topic `pollers`; none before the first load. */
const statusOfTargets = async (sightline: Pick<Sightline, 'read'>): Promise<readonly PollerStatus[]> => {
  const frame = await sightline.read({ topic: 'pollers', as: 'system' })
  return frame?.kind === 'keyed' ? frame.put.map(([, , item]) => item as PollerStatus) : []
}

export const createPrometheus = ({ sightline, clock, laggingClients }: PrometheusOptions): Prometheus => {
  const registry = new Registry()
  const registers = [registry]
  const delay = measureLoopDelay(clock)

  /** Once a scrape: it walks over all targets. */
  let counters = sightline.counters()

  const requests = new Counter({
    name: 'http_requests_total',
    help: 'HTTP requests served.',
    labelNames: ['method', 'endpoint', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long HTTP requests took.',
    labelNames: ['method', 'endpoint'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  })

  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  }
  /** For what is counted elsewhere since the start. */
  const counter = (name: string, help: string, value: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  }

  gauge('active_users_total', 'Connected clients.', () => sightline.sessions.count)
  gauge('sightline_lagging_clients', 'Clients that read more slowly than they are sent.', laggingClients)
  for (const [name, [help, of]] of Object.entries(COUNTED)) counter(name, help, () => of(counters))
  for (const [name, [help, of]] of Object.entries(GAUGED)) gauge(name, help, () => of(counters))
  new Counter({
    name: 'sightline_frames_total',
    help: 'Frames broadcast, by form.',
    labelNames: ['form'],
    registers,
    collect() {
      this.reset()
      for (const [form, count] of Object.entries(counters.frames)) this.inc({ form }, count)
    },
  })
  new Gauge({
    name: 'sightline_services',
    help: 'Services, by how they are doing.',
    labelNames: ['status'],
    registers,
    collect() {
      this.reset()
      for (const [status, count] of Object.entries(counters.services)) this.set({ status }, count)
    },
  })
  new Gauge({
    name: 'sightline_change_feed',
    help: 'How changes of other processes are learned: 1 for the present mode.',
    labelNames: ['mode'],
    registers,
    collect() {
      for (const mode of ['stream', 'notify', 'poll', 'off']) this.set({ mode }, mode === counters.feed ? 1 : 0)
    },
  })
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  counter('process_cpu_user_seconds_total', 'User CPU time.', () => process.cpuUsage().user / MICROSECONDS)
  counter('process_cpu_system_seconds_total', 'System CPU time.', () => process.cpuUsage().system / MICROSECONDS)

  return {
    contentType: registry.contentType,
    observe: ({ method, endpoint, status, durationMs }) => {
      requests.inc({ method, endpoint, status })
      durations.observe({ method, endpoint }, durationMs / 1000)
    },
    text: async () => {
      counters = sightline.counters()
      const targets = await statusOfTargets(sightline)
      return `${await registry.metrics()}${delay.text()}${targetSeries(targets)}`
    },
    close: delay.close,
  }
}

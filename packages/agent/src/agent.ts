import { randomBytes } from 'node:crypto'
import type { CustomMetric, LogInput, ServiceReport } from '@sightline/core/protocol'
import { toLogText } from './log-text.ts'
import { createPoster } from './post.ts'
import { createProcessUsage } from './process-usage.ts'
import type { HostReporter } from './reporter.ts'
import { createRequestCounts } from './request-counts.ts'
import { createSender } from './sender.ts'

/** Where an agent reports to, and as whom. */
export interface AgentOptions {
  /** Where Sightline is served: `https://status.example.com`, or with its path `https://app.example.com/sightline`. */
  readonly url: string
  /** Sent as `Authorization: Bearer …`. Default none. */
  readonly token?: string
  /** The service's name, as in its configuration. */
  readonly service: string
  /** Where this process runs. Default: the service's own. */
  readonly region?: string
  /** Between two reports, each of which is a heartbeat as well, in ms. At least 1,000. @default 10_000 */
  readonly intervalMs?: number
  /** Reports, which are heartbeats as well; `false` sends lines alone. @default true */
  readonly reports?: boolean
  /** CPU, memory and event loop of this process. @default true */
  readonly reportsProcess?: boolean
  /** Of one request, in ms. @default 10_000 */
  readonly timeoutMs?: number
  /** Lines that wait for the server at most; then the oldest are dropped. @default 10_000 */
  readonly maxBufferedLines?: number
  /** As above, in bytes. @default 8_388_608 */
  readonly maxBufferedBytes?: number
  /** Told once whenever sending begins to fail. Default: nobody. */
  readonly onTrouble?: (reason: string) => void
}

/** A line, without the service: it is the agent's. */
export type AgentLogInput = Omit<LogInput, 'service'>

/** Reports this process to a Sightline elsewhere. Nothing it does throws, waits or keeps the process alive. */
export interface Agent extends HostReporter {
  /** How it is doing, or numbers of its own; told within a second. */
  observe(report: ServiceReport): void
  /** One request was served. Counted here, and reported every interval. */
  countRequest(latencyMs: number, isError?: boolean): void
  metric(metric: CustomMetric): void
  log(entry: AgentLogInput): void
  /** Since the start: lines and reports. */
  readonly counters: { readonly sent: number; readonly waiting: number; readonly dropped: number }
  /** Sends what there is, for at most `timeoutMs` (default 5,000), and ends. Never rejects. Idempotent. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}

const INTERVAL_MS = 10_000
const FLUSH_MS = 1_000
const MAX_METRICS = 1_000

const checkedUrl = (given: string): URL => {
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('createAgent needs a `url` that begins with http:// or https://.')
  }
  return url
}

/**
 * Begins to report this process.
 *
 * @example
 * const agent = createAgent({ url: 'https://status.example.com', token, service: 'checkout' })
 * app.use(expressMiddleware(agent))
 * agent.log({ severity: 'error', message: 'payment failed', fields: { order } })
 *
 * @throws TypeError where `url` is none or `service` no name; nothing else ever throws.
 */
export const createAgent = (options: AgentOptions): Agent => {
  const { service, token, region, reports = true, reportsProcess = reports, onTrouble = () => {} } = options
  if (!/^[\w.-]{1,100}$/.test(service)) {
    throw new TypeError('createAgent needs a `service` of 1 to 100 letters, digits, dots, dashes and underscores.')
  }
  const poster = createPoster({
    url: checkedUrl(options.url),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    timeoutMs: options.timeoutMs ?? 10_000,
  })
  const sender = createSender({
    poster,
    service,
    maxBufferedLines: options.maxBufferedLines ?? 10_000,
    maxBufferedBytes: options.maxBufferedBytes ?? 8_388_608,
    random: Math.random,
    onTrouble: (reason) => {
      try {
        onTrouble(reason)
      } catch {
        // The host's own trouble is not made worse.
      }
    },
  })
  const counts = createRequestCounts({ random: Math.random })
  const usage = reportsProcess ? createProcessUsage() : null
  const tag = randomBytes(6).toString('hex')
  let lines = 0
  const metrics: CustomMetric[] = []
  let lostMetrics = 0
  let observed: ServiceReport | null = null
  let closing: Promise<void> | null = null

  /** Whatever goes wrong here is no business of the host's. */
  const guarded =
    <A extends readonly unknown[]>(work: (...args: A) => void) =>
    (...args: A): void => {
      try {
        if (closing === null) work(...args)
      } catch {
        // An input that throws when it is looked at.
      }
    }

  const place = region === undefined ? {} : { region }

  const handOverObserved = (): void => {
    if (observed === null) return
    const report = observed
    observed = null
    sender.addReport({ ...place, ...report })
  }

  const report = (): void => {
    if (!reports) return
    handOverObserved()
    const taken = metrics.splice(0)
    const { dropped } = sender
    sender.addReport({
      ...place,
      at: Date.now(),
      values: {
        ...counts.read(),
        ...usage?.read(),
        ...(dropped + lostMetrics === 0 ? {} : { agentDropped: dropped + lostMetrics }),
      },
      ...(taken.length === 0 ? {} : { metrics: taken }),
    })
    sender.flush()
  }

  const reporting = setInterval(guarded(report), Math.max(1_000, options.intervalMs ?? INTERVAL_MS))
  const flushing = setInterval(
    guarded(() => {
      handOverObserved()
      sender.flush()
    }),
    FLUSH_MS,
  )
  reporting.unref()
  flushing.unref()

  const end = async (timeoutMs: number): Promise<void> => {
    clearInterval(reporting)
    clearInterval(flushing)
    poster.hold()
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    await Promise.race([sender.drain(), limit]).catch(() => {})
    clearTimeout(timer)
    sender.stop()
    usage?.close()
    poster.close()
  }

  return {
    reportsProcess: true,
    observe: guarded((given: ServiceReport) => {
      // A report of another region is one of its own.
      if (observed !== null && observed.region !== given.region) handOverObserved()
      observed = {
        ...observed,
        ...given,
        at: given.at ?? Date.now(),
        values: { ...observed?.values, ...given.values },
        metrics: [...(observed?.metrics ?? []), ...(given.metrics ?? [])].slice(-MAX_METRICS),
      }
    }),
    countRequest: guarded((latencyMs: number, isError = false) => counts.add(latencyMs, isError)),
    metric: guarded((metric: CustomMetric) => {
      if (metrics.length >= MAX_METRICS) lostMetrics++
      else metrics.push({ ...metric, at: metric.at ?? Date.now() })
    }),
    log: guarded((entry: AgentLogInput) => {
      const at = entry.at ?? Date.now()
      // Its own id makes of a line that is sent twice one.
      const id = entry.id ?? `${tag}-${(lines++).toString(36)}-${at.toString(36)}`
      sender.addLine(toLogText({ ...entry, at, id, service }))
    }),
    get counters() {
      return { sent: sender.sent, waiting: sender.waiting, dropped: sender.dropped + lostMetrics }
    },
    close: ({ timeoutMs = 5_000 } = {}) => {
      if (closing !== null) return closing
      try {
        report()
      } catch {
        // What cannot be put into words is not sent.
      }
      closing = end(timeoutMs)
      return closing
    },
  }
}

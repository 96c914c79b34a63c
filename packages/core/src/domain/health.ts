/** `degraded`: an optional dependency (bus, cache) is down. `unhealthy`: a required one (storage) is; detection and push go on. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy'

/** One dependency, asked just now. */
export interface HealthCheck {
  readonly status: HealthStatus
  readonly latencyMs: number
  readonly error?: string
  /** Numbers and words worth showing: buffered writes, open circuits. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/** The answer of `sightline.health()`. */
export interface Health {
  readonly status: HealthStatus
  /** Serves: true while the process does, also with storage away (a restart would lose the write buffer). */
  readonly live: boolean
  /** May be sent traffic: false before the first load and while draining. */
  readonly ready: boolean
  /** Seconds since start. */
  readonly uptime: number
  /** ms since the Unix epoch. */
  readonly at: number
  readonly checks: Readonly<Record<string, HealthCheck>>
}

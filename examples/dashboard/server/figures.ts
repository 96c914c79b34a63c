import { availableParallelism, cpus, freemem, hostname, loadavg, totalmem, uptime } from 'node:os'
import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import process from 'node:process'

/** What one server says of itself and of its machine. Megabytes are 2^20 bytes; shares are percent of one core, or of all of a machine's. */
export interface Figures {
  readonly process: {
    readonly pid: number
    readonly cpuPercent: number
    readonly memory: {
      readonly rssMb: number
      readonly heapUsedMb: number
      readonly heapTotalMb: number
      readonly externalMb: number
    }
    readonly eventLoop: { readonly busyPercent: number; readonly delayP50Ms: number; readonly delayP99Ms: number }
    readonly gc: { readonly runs: number; readonly totalMs: number }
  }
  readonly host: {
    readonly name: string
    readonly cpus: number
    readonly cpuPercent: number
    readonly load: { readonly oneMinute: number; readonly fiveMinutes: number; readonly fifteenMinutes: number }
    readonly memory: { readonly totalMb: number; readonly usedPercent: number }
  }
  readonly uptime: { readonly processSeconds: number; readonly hostSeconds: number }
}

const round = (value: number, digits: number): number => Number((Number.isFinite(value) ? value : 0).toFixed(digits))
const megabytes = (bytes: number, digits = 1): number => round(bytes / 2 ** 20, digits)
const delayResolutionMs = 10

// The histogram holds the time between two ticks of a timer; what exceeds the timer's own time is the delay.
const lateness = (nanoseconds: number): number => round(Math.max(0, nanoseconds / 1e6 - delayResolutionMs), 1)

interface HostTimes {
  readonly busy: number
  readonly all: number
}

const readHostTimes = (): HostTimes => {
  let busy = 0
  let all = 0
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq
    busy += used
    all += used + times.idle
  }
  return { busy, all }
}

/**
 * Measures this process and its host. Each `sample` covers what happened since the one before; rounding leaves what a
 * person can tell apart.
 */
export const createSampler = (): { sample(): Figures } => {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()
  const gc = { runs: 0, totalMs: 0 }
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gc.runs++
      gc.totalMs += duration
    }
  }).observe({ entryTypes: ['gc'] })
  let at = performance.now()
  let cpu = process.cpuUsage()
  let host = readHostTimes()
  let loop: EventLoopUtilization = performance.eventLoopUtilization()

  return {
    sample: () => {
      const last = { at, cpu, host, loop }
      at = performance.now()
      cpu = process.cpuUsage()
      host = readHostTimes()
      loop = performance.eventLoopUtilization()
      const used = cpu.user + cpu.system - last.cpu.user - last.cpu.system
      const memory = process.memoryUsage()
      const figures: Figures = {
        process: {
          pid: process.pid,
          cpuPercent: round(used / 10 / (at - last.at), 1),
          memory: {
            rssMb: megabytes(memory.rss),
            heapUsedMb: megabytes(memory.heapUsed),
            heapTotalMb: megabytes(memory.heapTotal),
            externalMb: megabytes(memory.external),
          },
          eventLoop: {
            busyPercent: round(performance.eventLoopUtilization(loop, last.loop).utilization * 100, 1),
            delayP50Ms: lateness(delay.percentile(50)),
            delayP99Ms: lateness(delay.percentile(99)),
          },
          gc: { runs: gc.runs, totalMs: round(gc.totalMs, 1) },
        },
        host: {
          name: hostname(),
          cpus: availableParallelism(),
          cpuPercent: round(((host.busy - last.host.busy) / Math.max(1, host.all - last.host.all)) * 100, 1),
          load: hostLoad(),
          memory: { totalMb: megabytes(totalmem(), 0), usedPercent: round((1 - freemem() / totalmem()) * 100, 1) },
        },
        uptime: { processSeconds: Math.round(process.uptime()), hostSeconds: Math.round(uptime()) },
      }
      delay.reset()
      return figures
    },
  }
}

const hostLoad = (): Figures['host']['load'] => {
  const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg()
  return { oneMinute: round(oneMinute, 2), fiveMinutes: round(fiveMinutes, 2), fifteenMinutes: round(fifteenMinutes, 2) }
}

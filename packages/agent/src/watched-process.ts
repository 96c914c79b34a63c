import { createProcessUsage } from './process-usage.ts'
import type { HostReporter } from './reporter.ts'

const INTERVAL_MS = 10_000

/** Reports CPU, memory and event loop to who does not do so itself, every ten seconds. Keeps no process alive. Returns its undo. */
export const watchProcess = (reporter: HostReporter): (() => void) => {
  if (reporter.reportsProcess === true) return () => {}
  const usage = createProcessUsage()
  const timer = setInterval(() => {
    try {
      reporter.observe({ values: usage.read() })
    } catch {
      // The host goes on.
    }
  }, INTERVAL_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    usage.close()
  }
}

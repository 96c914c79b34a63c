/** The dashboard's server: environment → configuration → Sightline → HTTP and Socket.IO, and an orderly end. */
import process from 'node:process'
import { describeFailure } from '@sightline/cli'
import { isInvalidConfig, type Running, startDashboard } from './dashboard.ts'

const stopWithinMs = 10_000

const stop = async (running: Running): Promise<void> => {
  const deadline = setTimeout(() => process.exit(1), stopWithinMs)
  await running.stop({ timeoutMs: stopWithinMs - 2_000 })
  clearTimeout(deadline)
  process.exit(0)
}

try {
  const running = await startDashboard({ variables: process.env, directory: process.cwd() })
  let isStopping = false
  // A service manager tells every process of a group, and whoever started this one passes it on: the second time is no other wish.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return
      isStopping = true
      void stop(running)
    })
  }
  console.log(`Sightline is ready on ${running.url}`)
} catch (error) {
  console.error(describeFailure(error))
  process.exit(isInvalidConfig(error) ? 2 : 1)
}

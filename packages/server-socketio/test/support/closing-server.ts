import { createServer } from 'node:http'
import { serve } from '../../src/index.ts'
import { close, listen, startSightline } from './started.ts'

/** A host in a process of its own: told to, it closes what is ours, says what is left, closes what is its own, and must end by itself. */
const started = await startSightline()
const web = serve(started.sightline, { path: '/sightline' })
const own = createServer((request, response) => web.handler(request, response, () => void response.end('host')))
web.attach(own)
const url = await listen(own)

process.once('message', async () => {
  await web.close({ drainMs: 300 })
  const listeners = own.listenerCount('upgrade')
  await started.sightline.stop({ timeoutMs: 500 })
  await close(own)
  // What was let go of ends with the turn.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap')
  process.send?.({ listeners, resources })
  process.disconnect()
})
process.send?.(url)

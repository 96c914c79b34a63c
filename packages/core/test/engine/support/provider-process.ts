/**
 * Runs as a process of its own, so that what a hostile target costs itself is not measured with what it costs us. It answers every path
 * calmly until it is told to turn; from then on each path misbehaves in its own way, on the same port.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HostileServer, startHostileServer } from '../../../../probes/test/hostile-servers.ts'

const startCalm = async (): Promise<Server> => {
  const server = createServer((request, response) => response.end(JSON.stringify({ calm: request.url })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const calm = await startCalm()
const { port } = calm.address() as AddressInfo
let hostile: HostileServer | null = null

const turn = async (): Promise<void> => {
  calm.closeAllConnections()
  await new Promise((resolve) => calm.close(resolve))
  hostile = await startHostileServer({ port, dripMs: 100 })
}

const countConnections = (): Promise<number> =>
  hostile === null
    ? new Promise((resolve, reject) => calm.getConnections((error, count) => (error === null ? resolve(count) : reject(error))))
    : Promise.resolve(hostile.openConnections())

/** How late the machine lets a timer be, at worst, since it was last asked: a measure of how busy it is. */
const tickMs = 20
let latestMs = 0
let dueAt = performance.now() + tickMs
setInterval(() => {
  latestMs = Math.max(latestMs, performance.now() - dueAt)
  dueAt = performance.now() + tickMs
}, tickMs)

const takeLateness = (): number => {
  const taken = latestMs
  latestMs = 0
  return taken
}

const answers: Readonly<Record<string, () => unknown>> = {
  turn,
  connections: countConnections,
  lateness: takeLateness,
}

process.on('message', async (question) => {
  const answer = await answers[String(question)]?.()
  process.send?.(answer ?? null)
})
process.on('disconnect', () => process.exit())
process.send?.(port)

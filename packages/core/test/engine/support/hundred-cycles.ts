/** Runs as a process of its own: a hundred Sightlines one after another, then reports what is left of them. */
import { allowAll, createSightline } from '../../../src/index.ts'

const url = `http://127.0.0.1:${process.argv[2]}/`
const regions = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`r${index}`, { url }]))

const cycle = async (): Promise<void> => {
  const sightline = createSightline({ access: allowAll(), apis: { orders: { intervalMs: 100, regions } } })
  const changed = new Promise<void>((resolve) => sightline.on('snapshot:changed', () => resolve()))
  await sightline.start()
  await changed
  await sightline.stop()
}

const heapUsed = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

for (let warmUp = 0; warmUp < 20; warmUp++) await cycle()
const before = heapUsed()
for (let count = 0; count < 100; count++) await cycle()
const growth = heapUsed() - before
// The pipe and channel to the parent are not ours.
const handles = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY/.test(name))
process.send?.({ stoppedAt: Date.now(), growth, handles })
process.disconnect?.()

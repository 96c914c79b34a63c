// Run as a process of its own: makes checks of several kinds, closes its probes, and says what is left open. It must end by itself.
import { httpProbe } from '../../src/index.ts'

const [, , origin = ''] = process.argv
const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Connect/.test(name)).length
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

const probes = ['/ok', '/hang', '/drip', '/gzip-bomb'].map((path) => httpProbe({ url: origin + path }))
const outcomes = await Promise.all(
  probes.map(async (probe) => (await probe.collect({ region: 'us-east', signal: AbortSignal.timeout(700) })).outcome),
)
const hanging = probes[1]?.collect({ region: 'us-east', signal: new AbortController().signal })
await new Promise((resolve) => setTimeout(resolve, 100))
const before = sockets() > 0
await Promise.all(probes.map((probe) => probe.close?.()))
await hanging
process.stdout.write(JSON.stringify({ outcomes, before, sockets: sockets(), timers: timers() }))

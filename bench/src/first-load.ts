import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Browser } from 'playwright-core'
import { type ConfiguredDashboard, startConfiguredDashboard } from '../../examples/dashboard/test/support/configured-dashboard.ts'
import { openPage } from '../../packages/dashboard/test/support/browser.ts'
import type { BenchRow } from './bench-row.ts'
import { median, quantile } from './median.ts'

const SERVICES = 1_000
const LOADS = 12

/** Counts what a server sends, byte for byte as it is on the wire. */
const countingProxy = async (target: URL): Promise<{ readonly url: string; bytes: number; close(): void }> => {
  const open = new Set<Socket>()
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname)
    for (const socket of [inner, outer]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    }
    outer.on('data', (chunk: Buffer) => {
      proxy.bytes += chunk.length
    })
    inner.pipe(outer).pipe(inner)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: 0,
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
  return proxy
}

interface FirstLoad {
  /** From the navigation's start until every service is known and the first are in the table. */
  readonly ms: number
  /** What the server sent until then. */
  readonly kilobytes: number
}

/** A load with nothing cached. */
const load = async (browser: Browser, { url }: ConfiguredDashboard, services: number): Promise<FirstLoad> => {
  const proxy = await countingProxy(new URL(url))
  const { page, complaints, close } = await openPage(browser)
  try {
    await page.goto(`${proxy.url}/services`, { waitUntil: 'commit' })
    const loaded = await page.waitForFunction(
      (rows) => {
        const table = document.querySelector(`[aria-rowcount="${rows}"]`)
        return table?.querySelector('[data-service]') == null ? null : performance.now()
      },
      services + 1,
      { polling: 'raf' },
    )
    const ms = (await loaded.jsonValue()) as number
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
    return { ms, kilobytes: proxy.bytes / 1_000 }
  } finally {
    await close()
    proxy.close()
  }
}

const configOf = (services: number): object => ({
  services: Object.fromEntries(
    Array.from({ length: services }, (_, index) => [`service-${index}`, { title: `Service ${index}`, tags: ['bench'] }]),
  ),
})

/** A browser that has never been there opens the services page. */
export const firstLoadBenches = async (): Promise<BenchRow[]> => {
  const many = await startConfiguredDashboard(configOf(SERVICES))
  const one = await startConfiguredDashboard(configOf(1))
  try {
    const loads: { readonly many: FirstLoad; readonly one: FirstLoad }[] = []
    await load(many.browser, many, SERVICES)
    for (let round = 0; round < LOADS; round++) {
      loads.push({ many: await load(many.browser, many, SERVICES), one: await load(many.browser, one, 1) })
    }
    const row = (unit: string, of: (load: FirstLoad) => number) => ({
      work: 'first load of the services page',
      size: `${SERVICES.toLocaleString('en')} services, ${LOADS} times`,
      unit,
      value: median(loads.map(({ many: load }) => of(load))),
      baseline: median(loads.map(({ one: load }) => of(load))),
      ratio: median(loads.map(({ many: load, one: single }) => of(load) / of(single))),
    })
    const times = row('ms', ({ ms }) => ms)
    const sizes = row('kB', ({ kilobytes }) => kilobytes)
    const slow = quantile(
      loads.map(({ many: { ms } }) => ms),
      0.95,
    )
    return [
      { ...times, reach: '< 1 s', reached: slow < 1_000, note: `p95 ${slow.toFixed(0)} ms; baseline: the page of one service` },
      { ...sizes, reach: '≤ 500 kB', reached: sizes.value <= 500, note: 'as on the wire, page and script included' },
    ]
  } finally {
    await Promise.all([many.close(), one.close()])
  }
}

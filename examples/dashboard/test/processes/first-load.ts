/** Runs as a process of its own, for the bench: first loads of the services page, of many services and of one in turn. Sends what each took. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Browser } from 'playwright-core'
import { openPage } from '../../../../packages/dashboard/test/support/browser.ts'
import { type ConfiguredDashboard, startConfiguredDashboard } from '../support/configured-dashboard.ts'

const [services = 0, loads = 0] = process.argv.slice(2).map(Number)

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
const load = async (browser: Browser, { url }: ConfiguredDashboard, count: number): Promise<FirstLoad> => {
  const proxy = await countingProxy(new URL(url))
  const { page, complaints, close } = await openPage(browser)
  try {
    await page.goto(`${proxy.url}/services`, { waitUntil: 'commit' })
    const loaded = await page.waitForFunction(
      (rows) => {
        const table = document.querySelector(`[aria-rowcount="${rows}"]`)
        return table?.querySelector('[data-service]') == null ? null : performance.now()
      },
      count + 1,
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

const configOf = (count: number): object => ({
  services: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`service-${index}`, { title: `Service ${index}`, tags: ['bench'] }]),
  ),
})

const many = await startConfiguredDashboard(configOf(services))
const one = await startConfiguredDashboard(configOf(1))
const measured: { readonly many: FirstLoad; readonly one: FirstLoad }[] = []
try {
  await load(many.browser, many, services)
  for (let round = 0; round < loads; round++) {
    measured.push({ many: await load(many.browser, many, services), one: await load(many.browser, one, 1) })
  }
} finally {
  await Promise.all([many.close(), one.close()])
}
process.send?.(measured)
process.disconnect?.()

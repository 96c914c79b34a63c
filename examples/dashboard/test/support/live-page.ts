import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { launchBrowser, openPage, type WatchedPage } from '../../../../packages/dashboard/test/support/browser.ts'
import { buildPage } from '../../../../packages/dashboard/test/support/built-page.ts'
import { type DashboardProcess, runDashboard } from './dashboard-process.ts'

export const patience = { timeout: 45_000 }

/** The built page in a real browser, before the real server with its fleet: one server for a file, one fresh profile for a test. */
export interface LivePage {
  readonly page: Page
  readonly complaints: readonly string[]
  /** The server's address; the same after a restart. */
  readonly url: string
  /** Where the server runs: its database and its notifications are below. */
  readonly directory: string
  /** The folder of the built page. */
  readonly dist: string
  /** Somebody else at a browser of their own; closed after the test. */
  openAnother(where: string): Promise<Page>
  /** Goes to a page, and waits until it is live. */
  open(where: string): Promise<void>
  stopServer(): Promise<void>
  startServer(): Promise<void>
}

/** A port to come back to after a restart. */
const findFreePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** Registers what it needs before and after the tests of the calling file. */
export const livePage = (): LivePage => {
  let dist: string
  let directory: string
  let port: number
  let browser: Browser
  let dashboard: DashboardProcess
  let url: string
  let watched: WatchedPage
  let others: WatchedPage[] = []

  const startServer = async () => {
    dashboard = runDashboard({ directory, variables: { SERVER_PORT: String(port) } })
    url = await dashboard.ready
  }
  const stopServer = async () => {
    await dashboard.stop()
  }
  beforeAll(async () => {
    ;[dist, directory, port, browser] = await Promise.all([
      buildPage(),
      mkdtemp(path.join(tmpdir(), 'sightline-page-')),
      findFreePort(),
      launchBrowser(),
    ])
    await startServer()
  }, 240_000)
  afterAll(async () => {
    await browser.close()
    await stopServer()
    await rm(directory, { recursive: true, force: true })
  })
  beforeEach(async () => {
    watched = await openPage(browser)
    watched.page.setDefaultTimeout(patience.timeout)
  })
  afterEach(async () => {
    await Promise.all([watched, ...others].map((each) => each.close()))
    others = []
  })

  return {
    get page() {
      return watched.page
    },
    get complaints() {
      return watched.complaints
    },
    get url() {
      return url
    },
    get directory() {
      return directory
    },
    get dist() {
      return dist
    },
    openAnother: async (where) => {
      const other = await openPage(browser)
      others.push(other)
      other.page.setDefaultTimeout(patience.timeout)
      await other.page.goto(url + where)
      await other.page.locator('[data-reach="live"]').waitFor(patience)
      return other.page
    },
    open: async (where) => {
      await watched.page.goto(url + where)
      await watched.page.locator('[data-reach="live"]').waitFor(patience)
    },
    stopServer,
    startServer,
  }
}

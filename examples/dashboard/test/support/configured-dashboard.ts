import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../../../../packages/dashboard/test/support/browser.ts'
import { buildPage } from '../../../../packages/dashboard/test/support/built-page.ts'
import { runDashboard } from './dashboard-process.ts'

/** A dashboard of its own configuration, in a folder of its own, and a browser to look at it. */
export interface ConfiguredDashboard {
  readonly url: string
  readonly browser: Browser
  close(): Promise<void>
}

/** The page is built where it is not yet; nothing is kept on disk. */
export const startConfiguredDashboard = async (config: object): Promise<ConfiguredDashboard> => {
  const [directory, browser] = await Promise.all([mkdtemp(path.join(tmpdir(), 'sightline-many-')), launchBrowser(), buildPage()])
  await writeFile(path.join(directory, 'sightline.config.json'), JSON.stringify(config))
  const dashboard = runDashboard({ directory, variables: { DATABASE_URL: 'memory:' } })
  return {
    url: await dashboard.ready,
    browser,
    close: async () => {
      await browser.close()
      await dashboard.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/**
 * `npm start`, and with the name of another example (`cluster`) that: builds the dashboard's page where it is not up to date, then becomes the
 * example's main program. It runs from the packages' sources (export condition `@sightline/source`), in this same process: signals and the
 * exit code are its own.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { listBuildables } from './build.ts'
import { buildOnce } from './build-stamp.ts'
import { root } from './workspace.ts'

const page = listBuildables().find((buildable) => buildable.name === 'dashboard-page')
if (page === undefined) throw new Error('packages/dashboard is missing')

const startedAt = performance.now()
const heartbeat = setInterval(
  () => console.error(`sightline: still building, ${Math.round((performance.now() - startedAt) / 1000)} s`),
  5_000,
)
try {
  const outcome = await buildOnce(page.build, () => {
    console.error('sightline: building the dashboard')
    return page.make()
  })
  if (outcome === 'built') console.error(`sightline: built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
} finally {
  clearInterval(heartbeat)
}

const main = process.argv[2] === 'cluster' ? ['cluster', 'main.ts'] : ['dashboard', 'server', 'main.ts']
await import(pathToFileURL(path.join(root, 'examples', ...main)).href)

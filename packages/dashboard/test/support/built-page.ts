import { execFile } from 'node:child_process'
import { mkdir, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { dashboardFolder } from '@sightline/dashboard'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const lock = path.join(root, 'node_modules', '.cache', 'dashboard-page.lock')
const abandonedMs = 300_000

/** Test files run side by side, and two builds at once would pull the page from under each other. */
const acquireLock = async (): Promise<void> => {
  await mkdir(path.dirname(lock), { recursive: true })
  for (;;) {
    const made = await mkdir(lock).then(
      () => true,
      () => false,
    )
    if (made) return
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > abandonedMs) await rmdir(lock).catch(() => {})
    await sleep(100)
  }
}

/** Builds the page where it is not up to date, as `npm start` does. Answers its folder. */
export const buildPage = async (): Promise<string> => {
  await acquireLock()
  try {
    await promisify(execFile)(process.execPath, ['scripts/build.ts', 'dashboard-page'], {
      cwd: root,
      env: { ...process.env, PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}` },
    })
  } finally {
    await rmdir(lock)
  }
  return dashboardFolder
}

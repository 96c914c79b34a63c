import { execFile } from 'node:child_process'
import { access, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The servers of a cluster, as they are installed here. */
export interface Programs {
  readonly nginx: string
  readonly redis: string
  /** The folder of `initdb` and `postgres`. */
  readonly postgres: string
}

/** What Debian calls them. */
const PACKAGES = ['nginx-light', 'redis-server', 'postgresql']
const INSTALL_MS = 600_000

/**
 * Finds nginx, Redis and PostgreSQL, and installs what is missing, as root on Debian.
 *
 * @throws an Error that names what is missing where it cannot be installed
 */
export const findPrograms = async (tell: (text: string) => void): Promise<Programs> => {
  const found = await find()
  if (isWhole(found)) return found
  if (process.getuid?.() !== 0) throw new Error(`Install ${missingFrom(found)} first, or use compose.yaml.`)
  tell(`Installing ${missingFrom(found)} from the system's packages.`)
  const options = { timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['update', '-q'], options)
  // Servers of the system's own would take the usual ports.
  await run('apt-get', ['install', '-qy', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...PACKAGES], options)
  const installed = await find()
  if (!isWhole(installed)) throw new Error(`${missingFrom(installed)} could not be installed.`)
  return installed
}

type Found = { readonly [Name in keyof Programs]: string | null }

const isWhole = (found: Found): found is Programs => Object.values(found).every((path) => path !== null)

const missingFrom = (found: Found): string =>
  Object.entries(found)
    .flatMap(([name, path]) => (path === null ? [name] : []))
    .join(', ')

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const firstIn = async (folders: readonly string[], names: readonly string[]): Promise<string | null> => {
  for (const folder of folders) for (const name of names) if (await isThere(join(folder, name))) return join(folder, name)
  return null
}

const find = async (): Promise<Found> => {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin']
  const versions = await readdir('/usr/lib/postgresql').catch(() => [])
  const newest = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`)
  const initdb = await firstIn([...newest, ...folders], ['initdb'])
  return {
    nginx: await firstIn(folders, ['nginx']),
    redis: await firstIn(folders, ['redis-server', 'valkey-server']),
    postgres: initdb === null ? null : initdb.slice(0, -'/initdb'.length),
  }
}

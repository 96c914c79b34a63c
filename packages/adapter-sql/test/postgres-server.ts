import { execFile } from 'node:child_process'
import { access, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type PostgresCluster, startCluster } from './postgres-cluster.ts'

/** A PostgreSQL server to test against, or why there is none. */
export type PostgresServer =
  | { readonly url: string; readonly version: string; stop(): Promise<void> }
  | { readonly unavailable: string }

const run = promisify(execFile)

/**
 * The server of POSTGRES_URL; else one of its own from the installed programs, in a temporary directory and on a random port of the loopback
 * interface; else the same after installing them, as root on Debian. Prints which it is.
 */
export const startPostgres = async (): Promise<PostgresServer> => {
  const given = process.env.POSTGRES_URL
  if (given !== undefined && given !== '') return announce({ url: given, stop: async () => {} }, 'of POSTGRES_URL')
  const programs = (await findPrograms()) ?? ((await install()) ? await findPrograms() : null)
  if (programs === null) {
    return { unavailable: 'POSTGRES_URL is not set, PostgreSQL is not installed, and installing it takes root on Debian' }
  }
  try {
    return await announce(await startCluster(programs), `private, from ${programs}`)
  } catch (error) {
    return { unavailable: `the installed PostgreSQL did not start: ${String(error)}` }
  }
}

const announce = async (server: { readonly url: string; stop(): Promise<void> }, origin: string): Promise<PostgresServer> => {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query('show server_version')
  await client.end()
  const version = String(rows[0]?.server_version)
  console.info(`PostgreSQL ${version} (${origin})`)
  return { ...server, version }
}

/** The directory of `initdb` and `postgres`; Debian keeps them out of the PATH. */
const findPrograms = async (): Promise<string | null> => {
  const debian = '/usr/lib/postgresql'
  const versions = await readdir(debian).catch(() => [])
  const directories = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  for (const directory of directories) {
    const found = await Promise.all(['initdb', 'postgres'].map((program) => access(join(directory, program))))
      .then(() => true)
      .catch(() => false)
    if (found) return directory
  }
  return null
}

const install = async (): Promise<boolean> => {
  if (process.getuid?.() !== 0) return false
  const options = { timeout: 300_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    await run('apt-get', ['update'], options)
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], options)
    return true
  } catch {
    return false
  }
}

/**
 * A server that may be restarted, frozen and replicated: never that of POSTGRES_URL, which is somebody's. Prints its version.
 */
export const startOwnPostgres = async (): Promise<PostgresCluster | { readonly unavailable: string }> => {
  const programs = (await findPrograms()) ?? ((await install()) ? await findPrograms() : null)
  if (programs === null) return { unavailable: 'PostgreSQL is not installed, and installing it takes root on Debian' }
  const cluster = await startCluster(programs)
  await announce(cluster, `private, from ${programs}`)
  return cluster
}

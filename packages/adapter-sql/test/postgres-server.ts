import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

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

const startCluster = async (programs: string): Promise<{ readonly url: string; stop(): Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-postgres-'))
  // PostgreSQL refuses to run as root.
  const owner = process.getuid?.() === 0 ? await unprivileged() : null
  if (owner !== null) await chown(directory, owner.uid, owner.gid)
  const data = join(directory, 'data')
  const port = await freePort()
  const settings = [
    ['port', String(port)],
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', directory],
    // The cluster does not outlive the test, so that it need not survive a power failure.
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ['max_connections', '60'],
  ]
  let server: ChildProcess | null = null
  const stop = async (): Promise<void> => {
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit')
      // SIGQUIT is PostgreSQL's immediate shutdown.
      server.kill('SIGQUIT')
      await exited
    }
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const initialise = ['-D', data, '-U', 'sightline', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
    await run(join(programs, 'initdb'), initialise, { ...owner, cwd: directory })
    const options = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = spawn(join(programs, 'postgres'), ['-D', data, ...options], { ...owner, cwd: directory, stdio: 'ignore' })
    const url = `postgres://sightline@127.0.0.1:${port}/postgres`
    await untilReady(url, server)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const unprivileged = async (): Promise<{ readonly uid: number; readonly gid: number }> => {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)))
  return { uid: uid as number, gid: gid as number }
}

const freePort = async (): Promise<number> => {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

const untilReady = async (url: string, server: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error(`postgres ended with code ${server.exitCode}`)
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error('postgres was not ready within 30 s')
}

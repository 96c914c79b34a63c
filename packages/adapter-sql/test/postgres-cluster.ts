import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

/** A server of the test's own, in a temporary directory and on a random port of the loopback interface. */
export interface PostgresCluster {
  readonly url: string
  /** Ends it at once, as a crash would, and starts it again on the same port: `pg_ctl restart -m immediate`. */
  restart(): Promise<void>
  /** Stops all its processes where they are; the returned call lets them go on. */
  freeze(): Promise<() => void>
  /** A streaming replica of it; `stop` it first. */
  addReplica(): Promise<PostgresCluster>
  stop(): Promise<void>
}

/** `programs` is the directory of `initdb` and `postgres`. */
export const startCluster = async (programs: string): Promise<PostgresCluster> => {
  const { directory, owner } = await makeDirectory()
  try {
    const options = [
      '-D',
      join(directory, 'data'),
      '-U',
      'sightline',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]
    await run(join(programs, 'initdb'), options, { ...owner, cwd: directory })
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
  return runCluster(programs, directory, owner)
}

type Owner = { readonly uid: number; readonly gid: number } | null

const makeDirectory = async (): Promise<{ readonly directory: string; readonly owner: Owner }> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-postgres-'))
  // PostgreSQL refuses to run as root.
  const owner = process.getuid?.() === 0 ? await unprivileged() : null
  if (owner !== null) await chown(directory, owner.uid, owner.gid)
  return { directory, owner }
}

const runCluster = async (programs: string, directory: string, owner: Owner): Promise<PostgresCluster> => {
  const port = await freePort()
  const url = `postgres://sightline@127.0.0.1:${port}/postgres`
  const settings = [
    ['port', String(port)],
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', directory],
    // The cluster does not outlive the test, so that it need not survive a power failure.
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ['max_connections', '60'],
  ].flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = spawn(join(programs, 'postgres'), ['-D', join(directory, 'data'), ...settings], {
      ...owner,
      cwd: directory,
      stdio: 'ignore',
    })
    await untilReady(url, server)
  }
  const end = async (): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    // PostgreSQL's immediate shutdown.
    server.kill('SIGQUIT')
    await exited
  }
  const stop = async (): Promise<void> => {
    await end()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    stop,
    restart: async () => {
      await end()
      await start()
    },
    freeze: async () => {
      const pids = await processesOf(server?.pid as number)
      for (const pid of pids) signal(pid, 'SIGSTOP')
      return () => {
        for (const pid of pids) signal(pid, 'SIGCONT')
      }
    },
    addReplica: async () => {
      const replica = await makeDirectory()
      const options = ['-D', join(replica.directory, 'data'), '-d', url, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync']
      await run(join(programs, 'pg_basebackup'), options, { ...replica.owner, cwd: replica.directory })
      return runCluster(programs, replica.directory, replica.owner)
    },
  }
}

/** The server and those it has started. */
const processesOf = async (pid: number): Promise<readonly number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const children = await Promise.all(
    pids.map(async (each) => {
      const stat = await readFile(`/proc/${each}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid ? [each] : []
    }),
  )
  return [pid, ...children.flat()]
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

const unprivileged = async (): Promise<{ readonly uid: number; readonly gid: number }> => {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)))
  return { uid: uid as number, gid: gid as number }
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

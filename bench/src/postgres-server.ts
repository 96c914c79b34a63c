import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.ts'

interface BenchPostgres {
  readonly url: string
  stop(): Promise<void>
}

/** The server of POSTGRES_URL, else one of its own from the installed programs, without fsync; null where there is none. */
export const startBenchPostgres = async (): Promise<BenchPostgres | null> => {
  const given = process.env.POSTGRES_URL
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} }
  const programs = findPrograms()
  if (programs === undefined) return null
  const directory = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  // PostgreSQL refuses to run as root.
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (owner.uid !== undefined) chownSync(directory, owner.uid, owner.gid)
  const data = join(directory, 'data')
  const port = await freePort()
  const url = `postgres://sightline@127.0.0.1:${port}/postgres`
  const initialise = ['-D', data, '-U', 'sightline', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  execFileSync(join(programs, 'initdb'), initialise, { ...owner, cwd: directory, stdio: 'ignore' })
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off']
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...owner,
    cwd: directory,
    stdio: 'ignore',
  })
  const stop = async (): Promise<void> => {
    const exited = once(server, 'exit')
    if (server.exitCode === null && server.kill('SIGQUIT')) await exited
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await untilReady(url, server)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Debian keeps them out of the PATH. */
const findPrograms = (): string | undefined => {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  return [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(delimiter)].find(
    (directory) => ['initdb', 'postgres'].every((program) => existsSync(join(directory, program))),
  )
}

const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))

const untilReady = async (url: string, server: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 300 && server.exitCode === null; tries++) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await sleep(100)
    }
  }
  throw new Error('The installed PostgreSQL did not start.')
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { freePort } from '../../adapter-sql/test/free-port.ts'

/** A Redis (or Valkey) to test against. */
export interface RedisServer {
  readonly url: string
  /** `redis 7.0.15`, `valkey 8.1.1`. */
  readonly version: string
  stop(): Promise<void>
}

/** One of the test's own, to be frozen and killed. It keeps nothing on a disk. */
export interface OwnRedisServer extends RedisServer {
  readonly pid: number
  freeze(): void
  thaw(): void
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again on its port, empty. */
  restart(): Promise<void>
}

export interface Unavailable {
  readonly unavailable: string
}

const run = promisify(execFile)

/**
 * The server of REDIS_URL; else one of its own. Prints which it is, and its version.
 */
export const startRedis = async (): Promise<RedisServer | Unavailable> => {
  const given = process.env.REDIS_URL
  if (given === undefined || given === '') return startOwnRedis()
  return { url: given, version: await announce(given, 'of REDIS_URL'), stop: async () => {} }
}

/**
 * From the installed program, in a temporary directory and on a random port of the loopback interface; else the same after installing it,
 * as root on Debian.
 */
export const startOwnRedis = async (): Promise<OwnRedisServer | Unavailable> => {
  const program = (await findProgram()) ?? ((await install()) ? await findProgram() : null)
  if (program === null)
    return { unavailable: 'neither redis-server nor valkey-server is installed, and installing one takes root on Debian' }
  try {
    return await startProgram(program)
  } catch (error) {
    return { unavailable: `${program} did not start: ${String(error)}` }
  }
}

const findProgram = async (): Promise<string | null> => {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']) {
    for (const name of ['redis-server', 'valkey-server']) {
      const program = join(directory, name)
      const isThere = await access(program).then(
        () => true,
        () => false,
      )
      if (isThere) return program
    }
  }
  return null
}

const install = async (): Promise<boolean> => {
  if (process.getuid?.() !== 0) return false
  const options = { timeout: 300_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  // Other test files may be installing it at this moment, and apt lets in one at a time.
  for (let tries = 0; tries < 60; tries++) {
    try {
      await run('apt-get', ['update'], options)
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], options)
      return true
    } catch (error) {
      if ((await findProgram()) !== null) return true
      if (!/lock/i.test(String(error))) return false
      await new Promise((resolve) => setTimeout(resolve, 2_000))
    }
  }
  return false
}

const startProgram = async (program: string): Promise<OwnRedisServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  let server: ChildProcess

  const start = async (): Promise<void> => {
    server = spawn(program, args, { cwd: directory, stdio: 'ignore' })
    await untilReady(url, server)
  }
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }

  try {
    await start()
    const version = await announce(url, `private, from ${program}`)
    return {
      url,
      version,
      get pid() {
        return server.pid as number
      },
      freeze: () => void server.kill('SIGSTOP'),
      thaw: () => void server.kill('SIGCONT'),
      kill,
      restart: start,
      stop: async () => {
        await kill()
        await rm(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

const announce = async (url: string, origin: string): Promise<string> => {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 })
  redis.on('error', () => {})
  try {
    const info = await redis.info('server')
    const valkey = /^valkey_version:(.*)$/m.exec(info)?.[1]?.trim()
    const version = valkey === undefined ? `redis ${/^redis_version:(.*)$/m.exec(info)?.[1]?.trim()}` : `valkey ${valkey}`
    console.info(`${version} (${origin})`)
    return version
  } finally {
    redis.disconnect()
  }
}

const untilReady = async (url: string, server: ChildProcess): Promise<void> => {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null })
  redis.on('error', () => {})
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`it ended with code ${code}`)
  })
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('it was not ready within 20 s')), 20_000).unref()
  })
  try {
    await Promise.race([redis.ping(), ended, late])
  } finally {
    redis.disconnect()
    ended.catch(() => {})
    late.catch(() => {})
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'

/** A Redis to measure with. */
export interface BenchRedis {
  readonly url: string
  readonly version: string
  stop(): Promise<void>
}

/** The server of REDIS_URL, else one of its own from the installed program; null where there is neither. */
export const startBenchRedis = async (): Promise<BenchRedis | null> => {
  const given = process.env.REDIS_URL
  if (given !== undefined && given !== '') return { url: given, version: await versionOf(given), stop: async () => {} }
  for (const program of ['redis-server', 'valkey-server']) {
    const port = await freePort()
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tmpdir(), '--save', '', '--appendonly', 'no']
    const server = spawn(program, args, { stdio: 'ignore' })
    const isThere = await Promise.race([once(server, 'spawn').then(() => true), once(server, 'error').then(() => false)])
    if (!isThere) continue
    const url = `redis://127.0.0.1:${port}`
    return { url, version: await versionOf(url), stop: () => end(server) }
  }
  return null
}

const end = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

const versionOf = async (url: string): Promise<string> => {
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 100 })
  redis.on('error', () => {})
  const info = await redis.info('server')
  redis.disconnect()
  const valkey = /^valkey_version:(.*)$/m.exec(info)?.[1]?.trim()
  return valkey === undefined ? `Redis ${/^redis_version:(.*)$/m.exec(info)?.[1]?.trim()}` : `Valkey ${valkey}`
}

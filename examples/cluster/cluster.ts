import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nginxConfig } from './nginx-config.ts'
import { findPrograms } from './programs.ts'
import { createSupervisor, type Service, type Supervisor } from './supervisor.ts'

export interface ClusterOptions {
  /** For databases, logs and configuration. */
  readonly folder: string
  /** nginx's; the others' follow it. */
  readonly port: number
  /** Polled by the cluster: a configuration as in `sightline.config.json`. */
  readonly config: object
  readonly webs?: number
  readonly pollers?: number
  /** Gives up starting: what runs already is stopped. */
  readonly signal?: AbortSignal
  tell(text: string): void
}

/** nginx, web processes, pollers, Redis and PostgreSQL, each a process of its own. */
export interface Cluster {
  readonly url: string
  /** Of the services: `nginx`, `redis`, `postgres`, `web1`…, `poller1`…. */
  readonly names: readonly string[]
  pid(name: string): number | undefined
  stop(): Promise<void>
}

const run = promisify(execFile)
const dashboard = fileURLToPath(new URL('../dashboard/server/main.ts', import.meta.url))
const HOST = '127.0.0.1'

const isListening = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, HOST, () => {
      socket.end()
      resolve()
    })
    socket.once('error', reject)
  })

const answers = async (url: string): Promise<void> => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
}

/** PostgreSQL refuses to run as root. */
const postgresAccount = async (): Promise<{ readonly uid: number; readonly gid: number } | null> => {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)))
  return { uid: uid as number, gid: gid as number }
}

const startPostgres = async (
  supervisor: Supervisor,
  { folder, programs, port }: { readonly folder: string; readonly programs: string; readonly port: number },
): Promise<string> => {
  const account = await postgresAccount()
  const data = path.join(folder, 'postgres')
  const isMade = await stat(path.join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
  if (!isMade) {
    await mkdir(data, { recursive: true })
    if (account !== null) {
      await chown(data, account.uid, account.gid)
      // Its account must get there.
      await chmod(folder, 0o711)
    }
    await run(path.join(programs, 'initdb'), ['-D', data, '-U', 'sightline', '--auth=trust', '--encoding=UTF8', '--locale=C'], {
      ...account,
      cwd: '/',
    })
  }
  const settings = [`port=${port}`, `listen_addresses=${HOST}`, `unix_socket_directories=`, 'max_connections=200']
  await supervisor.start({
    name: 'postgres',
    command: path.join(programs, 'postgres'),
    args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    options: { ...account, cwd: '/', stdio: 'ignore' },
    isReady: () => isListening(port),
  })
  return `postgres://sightline@${HOST}:${port}/postgres`
}

/** Resolves when every part is ready. Rejects with nothing left running. */
export const startCluster = async ({
  folder,
  port,
  config,
  webs = 3,
  pollers = 2,
  signal,
  tell,
}: ClusterOptions): Promise<Cluster> => {
  const programs = await findPrograms(tell)
  const supervisor = createSupervisor({ tell, signal })
  const names = ['postgres', 'redis']
  try {
    await mkdir(folder, { recursive: true })
    const databaseUrl = await startPostgres(supervisor, { folder, programs: programs.postgres, port: port + 1 })
    const redisPort = port + 2
    await supervisor.start({
      name: 'redis',
      command: programs.redis,
      args: ['--port', String(redisPort), '--bind', HOST, '--dir', folder, '--save', '', '--appendonly', 'yes'],
      isReady: () => isListening(redisPort),
    })
    const configFile = path.join(folder, 'sightline.config.json')
    await writeFile(configFile, JSON.stringify(config, null, 2))

    const sightline = (name: string, ownPort: number, variables: Readonly<Record<string, string>>): Service => ({
      name,
      command: process.execPath,
      args: ['--conditions=@sightline/source', dashboard],
      options: {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: databaseUrl,
          REDIS_URL: `redis://${HOST}:${redisPort}`,
          SIGHTLINE_CONFIG: configFile,
          SERVER_PORT: String(ownPort),
          LOG_LEVEL: 'warn',
          ...variables,
        },
      },
      isReady: () => answers(`http://${HOST}:${ownPort}/health`),
    })
    const web: Record<string, string> = {}
    for (let number = 1; number <= webs; number++) {
      const name = `web${number}`
      const ownPort = port + 10 + number
      await supervisor.start(sightline(name, ownPort, { SIGHTLINE_ROLE: 'web', SIGHTLINE_NODE: name, TRUSTED_PROXIES: '1' }))
      web[name] = `${HOST}:${ownPort}`
      names.push(name)
    }
    for (let number = 1; number <= pollers; number++) {
      const name = `poller${number}`
      await supervisor.start(sightline(name, port + 20 + number, { SIGHTLINE_ROLE: 'poller' }))
      names.push(name)
    }
    const nginxFile = path.join(folder, 'nginx.conf')
    await writeFile(nginxFile, nginxConfig({ listen: `${HOST}:${port}`, folder, web, isRoot: process.getuid?.() === 0 }))
    await supervisor.start({
      name: 'nginx',
      command: programs.nginx,
      args: ['-c', nginxFile, '-p', folder],
      isReady: () => answers(`http://${HOST}:${port}/health`),
    })
    names.push('nginx')
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  return { url: `http://${HOST}:${port}`, names, pid: supervisor.pid, stop: supervisor.stop }
}

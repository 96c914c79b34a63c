import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MongoClient } from 'mongodb'

/** A MongoDB server to test against, or why there is none. */
export type MongoServer =
  | {
      readonly url: string
      readonly version: string
      /** Is it MongoDB itself? The stand-in has known limits. */
      readonly isReal: boolean
      /** Its primary goes: a replica set's steps down, the stand-in is killed and started again on its files. Null where it is not ours. */
      readonly fail: (() => Promise<void>) | null
      stop(): Promise<void>
    }
  | { readonly unavailable: string }

interface StartOptions {
  /** Are there to be change streams? A standalone has none. @default true */
  readonly hasStreams?: boolean
  /** Is the stand-in to keep what it acknowledged when it is killed? It is slower then. @default false */
  readonly isDurable?: boolean
  /** @default false: it is said which server it is */
  readonly isSilent?: boolean
}

const run = promisify(execFile)

/**
 * The server of MONGODB_URI; else MongoDB from its own downloads; else mongo-java-server from Maven Central, with a JDK and Maven that are
 * installed where they are missing, as root on Debian. Prints which it is.
 */
export const startMongo = async ({
  hasStreams = true,
  isDurable = false,
  isSilent = false,
}: StartOptions = {}): Promise<MongoServer> => {
  const given = process.env.MONGODB_URI
  const announce = isSilent ? probed : announced
  if (given !== undefined && given !== '' && hasStreams) {
    return announce({ url: given, isReal: true, fail: null, stop: async () => {} }, 'of MONGODB_URI')
  }
  if (await canDownload()) return announce(await startDownloaded(hasStreams), 'downloaded')
  try {
    const classes = await standIn()
    if (classes === null) {
      return {
        unavailable: 'MONGODB_URI is not set, MongoDB cannot be downloaded, and installing a JDK and Maven takes root on Debian',
      }
    }
    const stream = hasStreams ? 'with an oplog' : 'without an oplog'
    return await announce(await startStandIn(classes, { hasStreams, isDurable }), `mongo-java-server, ${stream}`)
  } catch (error) {
    return { unavailable: `mongo-java-server did not start: ${String(error)}` }
  }
}

interface Started {
  readonly url: string
  readonly isReal: boolean
  readonly fail: (() => Promise<void>) | null
  stop(): Promise<void>
}

const probed = async (server: Started): Promise<Started & { readonly version: string }> => {
  const client = new MongoClient(server.url)
  const { version } = await client.db('admin').command({ buildInfo: 1 })
  await client.close()
  return { ...server, version: String(version) }
}

const announced = async (server: Started, origin: string): Promise<Started & { readonly version: string }> => {
  const found = await probed(server)
  console.info(`MongoDB ${found.version} (${origin})`)
  return found
}

const canDownload = async (): Promise<boolean> => {
  try {
    return (await fetch('https://fastdl.mongodb.org/', { method: 'HEAD', signal: AbortSignal.timeout(5_000) })).status < 500
  } catch {
    return false
  }
}

const startDownloaded = async (hasStreams: boolean): Promise<Started> => {
  const { MongoMemoryReplSet, MongoMemoryServer } = await import('mongodb-memory-server-core')
  const server = hasStreams
    ? await MongoMemoryReplSet.create({ replSet: { count: 3, storageEngine: 'wiredTiger' } })
    : await MongoMemoryServer.create()
  const url = server.getUri()
  return { url, isReal: true, fail: hasStreams ? () => stepDown(url) : null, stop: async () => void (await server.stop()) }
}

/** The primary closes every connection, and another one is elected. */
const stepDown = async (url: string): Promise<void> => {
  const client = new MongoClient(url)
  await client
    .db('admin')
    .command({ replSetStepDown: 10, force: true })
    .catch(() => {})
  await client.close()
}

const source = fileURLToPath(new URL('./server/', import.meta.url))

/** The folder of the stand-in's classes, built once for every version of its sources; null where there is no JDK. */
const standIn = async (): Promise<string | null> => {
  const main = join(source, 'src/main/java/dev/sightline/MongoTestServer.java')
  const sources = await Promise.all([readFile(join(source, 'pom.xml')), readFile(main)])
  const version = createHash('sha1').update(Buffer.concat(sources)).digest('hex').slice(0, 12)
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
  const built = join(cache, `mongo-test-server-${version}`)
  if (await exists(built)) return built
  if (!(await hasTools()) && !((await installTools()) && (await hasTools()))) return null
  await mkdir(cache, { recursive: true })
  // Several suites may build at once: each for itself, and the first one's is kept.
  const own = await mkdtemp(join(cache, 'building-'))
  await cp(join(source, 'pom.xml'), join(own, 'pom.xml'))
  const options = { timeout: 600_000, maxBuffer: 16_000_000 }
  await run(
    'mvn',
    ['-q', '-B', '-f', join(own, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(own, 'lib')}`],
    options,
  )
  await run('javac', ['-cp', join(own, 'lib', '*'), '-d', join(own, 'classes'), main], options)
  await rename(own, built).catch(() => rm(own, { recursive: true, force: true }))
  return built
}

const hasTools = async (): Promise<boolean> => {
  try {
    await Promise.all([run('javac', ['-version']), run('mvn', ['-v'])])
    return true
  } catch {
    return false
  }
}

const installTools = async (): Promise<boolean> => {
  if (process.getuid?.() !== 0) return false
  const options = { timeout: 600_000, maxBuffer: 16_000_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    await run('apt-get', ['update'], options)
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'default-jdk-headless', 'maven'], options)
    return true
  } catch {
    return false
  }
}

interface StandInOptions {
  readonly hasStreams: boolean
  readonly isDurable: boolean
}

const startStandIn = async (built: string, options: StandInOptions): Promise<Started> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-mongo-'))
  const file = join(directory, 'store.mv')
  let running = await spawnStandIn(built, file, { ...options, port: 0 })
  const { port } = running
  return {
    url: `mongodb://127.0.0.1:${port}/`,
    isReal: false,
    fail: async () => {
      await running.stop()
      running = await spawnStandIn(built, file, { ...options, port })
    },
    stop: async () => {
      await running.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const spawnStandIn = async (
  built: string,
  file: string,
  { port, hasStreams, isDurable }: StandInOptions & { readonly port: number },
): Promise<{ readonly port: number; stop(): Promise<void> }> => {
  const classPath = `${join(built, 'classes')}:${join(built, 'lib', '*')}`
  const memory = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=4']
  const modes = [hasStreams ? 'oplog' : 'plain', isDurable ? 'durable' : 'lazy']
  const args = ['-cp', classPath, ...memory, 'dev.sightline.MongoTestServer', file, String(port), ...modes]
  // Its standard input is the tie: it ends when whoever started it does, however that ends.
  const child = spawn('java', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const listening = await untilListening(child, exited)
  return {
    port: listening,
    stop: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const untilListening = async (child: ChildProcess, exited: Promise<unknown>): Promise<number> => {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const failed = exited.then(() => {
    throw new Error('it ended before it listened')
  })
  failed.catch(() => {})
  while (true) {
    const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string]
    const port = /^listening (?<port>\d+)$/.exec(line)?.groups?.port
    if (port !== undefined) return Number(port)
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

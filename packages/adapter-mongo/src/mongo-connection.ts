import type { Clock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { CollectionOptions, Db, Document, MongoClient } from 'mongodb'
import type { RecordDocument } from './records/record-document.ts'
import type { MongoCollections } from './store-access.ts'

export interface CollectionNames {
  readonly latest: string
  readonly history: string
  readonly prefix: string
}

export interface ConnectionOptions {
  readonly url?: string
  /** Of the host's client. */
  readonly db?: Db
  readonly maxConnections?: number
  readonly timeoutMs: number
  readonly selectionTimeoutMs?: number
  readonly renewAfterMs?: number
  readonly names: CollectionNames
  readonly clock: Clock
}

/** The way to the database: through a client of its own, opened when it is first needed, or through the host's. */
export interface MongoConnection {
  /** By its own clock, ms since the Unix epoch; a real round trip. */
  serverTime(): Promise<number>
  /** Only after a first `serverTime()`. */
  collections(): MongoCollections
  close(): Promise<void>
}

interface Opened {
  readonly db: Db
  readonly collections: MongoCollections
  close(): Promise<void>
}

export const mongoConnection = (options: ConnectionOptions): MongoConnection => {
  const { url = '', db: given, names, timeoutMs, renewAfterMs = 30_000, clock } = options
  let opening: Promise<Opened> | null = null
  let opened: Opened | null = null
  let silentSince: number | null = null

  const openOnce = async (): Promise<Opened> => {
    const client = given === undefined ? await openClient(url, options) : null
    const db = given ?? (client as MongoClient).db(databaseOf(url))
    // What is lost with the client has been answered for already.
    const close = async (): Promise<void> => client?.close().catch(() => {})
    opened = { db, collections: mongoCollections(db, names, timeoutMs), close }
    return opened
  }
  const open = (): Promise<Opened> => {
    opening ??= openOnce()
    return opening
  }

  /** Driver 7.8 may wait for ever for the answer to a heartbeat that it sent while all its connections broke: then nothing finds a server. */
  const renew = (): void => {
    silentSince = null
    opening = null
    void opened?.close()
  }

  return {
    serverTime: async () => {
      const { db } = await open()
      try {
        const time = await serverTimeOf(db)
        silentSince = null
        return time
      } catch (thrown) {
        silentSince ??= clock.monotonic()
        if (given === undefined && clock.monotonic() - silentSince >= renewAfterMs) renew()
        throw thrown
      }
    },
    collections: () => {
      if (opened === null) throw new SightlineError('INTERNAL', 'The database is not open yet.')
      return opened.collections
    },
    close: async () => {
      await opened?.close()
    },
  }
}

const openClient = async (
  url: string,
  { maxConnections = 20, selectionTimeoutMs = 5_000, timeoutMs }: ConnectionOptions,
): Promise<MongoClient> => {
  const { MongoClient } = await loadDriver()
  try {
    const settings = {
      maxPoolSize: maxConnections,
      serverSelectionTimeoutMS: Math.min(selectionTimeoutMs, timeoutMs),
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: 2 * timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
      appName: 'sightline',
    }
    // What the url says, it says for a reason.
    const unsaid = Object.entries(settings).filter(([name]) => !new RegExp(`[?&]${name}=`, 'i').test(url))
    return new MongoClient(url, Object.fromEntries(unsaid))
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', 'The url of mongoStorage is none that MongoDB understands.', { cause })
  }
}

const loadDriver = async (): Promise<typeof import('mongodb')> => {
  try {
    return await import('mongodb')
  } catch (cause) {
    throw new SightlineError('INVALID_CONFIG', "mongoStorage with a url needs the package 'mongodb': npm install mongodb", {
      cause,
    })
  }
}

const databaseOf = (url: string): string => {
  const name = /^mongodb(?:\+srv)?:\/\/[^/?]+\/(?<name>[^?/]+)/.exec(url)?.groups?.name
  return name === undefined ? 'sightline' : decodeURIComponent(name)
}

/** What is acknowledged is on a majority, and what is read will not roll back. */
const mongoCollections = (db: Db, { latest, history, prefix }: CollectionNames, timeoutMs: number): MongoCollections => {
  const options: CollectionOptions = {
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', wtimeoutMS: timeoutMs },
    readPreference: 'primary',
    // The host's client may be set to others.
    ignoreUndefined: false,
    promoteValues: true,
    promoteLongs: true,
    promoteBuffers: true,
    bsonRegExp: false,
    raw: false,
  }
  const open = <D extends Document>(name: string) => db.collection<D>(name, options)
  return {
    latest: open(latest),
    history: open(history),
    facts: open(`${prefix}store`),
    calls: open(`${prefix}samples`),
    buckets: open(`${prefix}buckets`),
    series: open(`${prefix}series`),
    lines: open(`${prefix}logs`),
    // Without dots, which a server may take for the end of the database's name.
    records: (store) => open<RecordDocument>(prefix + store.replaceAll('_', '__').replaceAll('.', '_')),
  }
}

/** A real round trip. Servers and stand-ins older than `hello` know its former name. */
const serverTimeOf = async (db: Db): Promise<number> => {
  const answer = await db.command({ hello: 1 }).catch((thrown: { readonly code?: unknown }) => {
    if (thrown.code !== 59) throw thrown
    return db.command({ isMaster: 1 })
  })
  return answer.localTime instanceof Date ? answer.localTime.getTime() : Date.now()
}

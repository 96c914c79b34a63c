import type { Clock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { PostgresClient, PostgresNotification, PostgresPool } from './postgres-pool.ts'

/** A connection that listens on a channel. */
export interface Listening {
  /** Resolves with the reason when the connection is lost. */
  readonly lost: Promise<string>
  /** Closes the connection: one that listens is nobody else's to use. Idempotent. */
  stop(): void
}

interface ListenOptions {
  readonly pool: PostgresPool
  readonly channel: string
  readonly clock: Pick<Clock, 'setTimer'>
  /** How long connecting may take. */
  readonly withinMs: number
  hear(payload: string): void
}

/** @throws whatever the driver throws; `TIMEOUT` where no connection came in time. */
export const listen = async ({ pool, channel, clock, withinMs, hear }: ListenOptions): Promise<Listening> => {
  let isOver = false
  const connecting = pool.connect().then((client) => {
    if (isOver) client.release(true)
    return client
  })
  const { late, cancel } = expiry(clock, withinMs, 'PostgreSQL gave no connection to listen on')
  let client: PostgresClient
  try {
    client = await Promise.race([connecting, late])
  } catch (thrown) {
    isOver = true
    cancel()
    connecting.catch(() => {})
    throw thrown
  }
  let lose = (_: string): void => {}
  const lost = new Promise<string>((resolve) => {
    lose = resolve
  })
  const onError = (): void => lose('its connection was lost')
  const onEnd = (): void => lose('its connection was closed')
  const onNotification = (message: PostgresNotification): void => {
    if (message.channel === channel) hear(message.payload ?? '')
  }
  let isStopped = false
  const stop = (): void => {
    if (isStopped) return
    isStopped = true
    client.removeListener('notification', onNotification)
    client.removeListener('end', onEnd)
    client.release(true)
    lose('it was stopped')
  }
  // These stay: a connection that is thrown away may still break.
  client.on('error', onError)
  client.on('end', onEnd)
  client.on('notification', onNotification)
  try {
    await Promise.race([client.query({ text: `listen "${channel}"` }), late])
  } catch (thrown) {
    stop()
    throw thrown
  } finally {
    cancel()
  }
  return { lost, stop }
}

const expiry = (
  clock: Pick<Clock, 'setTimer'>,
  withinMs: number,
  what: string,
): { readonly late: Promise<never>; cancel(): void } => {
  let expire = (): void => {}
  const late = new Promise<never>((_, reject) => {
    expire = () => reject(new SightlineError('TIMEOUT', `${what} within ${withinMs} ms.`))
  })
  late.catch(() => {})
  return { late, cancel: clock.setTimer(withinMs, () => expire()) }
}

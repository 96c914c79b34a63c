import type { EngineContext } from './engine-part.ts'
import type { Hub } from './topics/hub.ts'

export interface UntoldNewsOptions extends Pick<EngineContext, 'clock' | 'link' | 'remote'> {
  readonly everyMs: number
  readonly hub: Pick<Hub, 'active' | 'reload'>
  /** Topics that storage holds all of. */
  readonly topics: ReadonlySet<string>
  /** Reads what this process has to know also where no screen shows it. Never rejects. */
  learn(): Promise<void>
}

/** What other processes did while no bus tells of it: read from storage, now and then. With a bus it does nothing. */
export interface UntoldNews {
  start(): void
  stop(): void
}

export const createUntoldNews = ({ clock, link, remote, everyMs, hub, topics, learn }: UntoldNewsOptions): UntoldNews => {
  let isStopped = false
  let cancel = (): void => {}

  const read = async (): Promise<void> => {
    if (link.state !== 'up') return
    await learn()
    for (const active of [...hub.active]) if (!isStopped && topics.has(active.name)) await hub.reload(active)
  }

  const schedule = (): void => {
    if (!isStopped) cancel = clock.setTimer(everyMs, () => void read().finally(schedule))
  }

  return {
    start: () => {
      if (remote.isAlone) schedule()
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

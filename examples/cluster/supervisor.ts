import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** One program of the cluster. */
export interface Service {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly options?: SpawnOptions
  /** Resolves when it serves; asked again until then. Rejects while it does not. */
  isReady(): Promise<unknown>
}

/** Runs services, and starts one again that ends. */
export interface Supervisor {
  /** Resolves when it is ready. */
  start(service: Service): Promise<void>
  /** The process of a service at this moment. */
  pid(name: string): number | undefined
  /** The last started first. */
  stop(): Promise<void>
}

const READY_MS = 60_000
const ASK_MS = 100
const RESTART_MS = 1_000
const END_MS = 10_000

const killGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface SupervisorOptions {
  tell(text: string): void
  /** No service is started, nor waited for, any more. */
  readonly signal: AbortSignal | undefined
}

export const createSupervisor = ({ tell, signal }: SupervisorOptions): Supervisor => {
  const children = new Map<string, ChildProcess>()
  let isStopping = false

  const run = (service: Service): void => {
    // With a process group of its own: what it has started itself does not outlive it, nor keep its port.
    const child = spawn(service.command, service.args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      ...service.options,
      detached: true,
    })
    children.set(service.name, child)
    child.once('exit', () => killGroup(child))
    child.once('error', (error) => tell(`${service.name} cannot be run: ${error.message}`))
    child.once('exit', (code, signal) => {
      if (isStopping) return
      tell(`${service.name} ended (${signal ?? code}); it is started again.`)
      setTimeout(() => {
        if (!isStopping) run(service)
      }, RESTART_MS)
    })
  }

  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await exited
    clearTimeout(timer)
  }

  return {
    start: async (service) => {
      signal?.throwIfAborted()
      run(service)
      const giveUpAt = performance.now() + READY_MS
      for (;;) {
        const isReady = await service.isReady().then(
          () => true,
          () => false,
        )
        if (isReady) break
        signal?.throwIfAborted()
        if (performance.now() > giveUpAt) throw new Error(`${service.name} was not ready within ${READY_MS / 1_000} s.`)
        await pause(ASK_MS)
      }
      tell(`${service.name.padEnd(10)} pid ${children.get(service.name)?.pid}`)
    },
    pid: (name) => children.get(name)?.pid,
    stop: async () => {
      isStopping = true
      for (const child of [...children.values()].reverse()) await end(child)
    },
  }
}

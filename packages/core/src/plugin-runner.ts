import type { Plugins } from './options.ts'
import type { PluginContext } from './plugin-context.ts'
import { type ShutdownStep, shutDown } from './shutdown.ts'

export interface PluginRunnerOptions {
  readonly plugins: Plugins
  readonly context: PluginContext
}

/** Starts plugins in their order, and stops in the other those that were started. */
export interface PluginRunner {
  start(): Promise<void>
  /** Waits for the one that is starting, for a while. Never rejects. */
  stop(): Promise<void>
}

export const createPluginRunner = ({ plugins, context }: PluginRunnerOptions): PluginRunner => {
  const started: ShutdownStep[] = []
  let starting = Promise.resolve()
  let isStopping = false

  const startAll = async (): Promise<void> => {
    for (const plugin of plugins) {
      if (isStopping) return
      await plugin.start?.(context)
      started.unshift([`plugin ${plugin.name}`, () => plugin.stop?.()])
    }
  }

  return {
    start: () => {
      starting = startAll()
      return starting
    },
    stop: async () => {
      isStopping = true
      await shutDown([['the plugin that starts', () => starting.catch(() => {})]], context)
      await shutDown(started.splice(0), context)
    },
  }
}

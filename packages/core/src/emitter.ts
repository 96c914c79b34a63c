import { EventEmitter } from 'eventemitter3'
import type { EventMap, EventName } from './events.ts'
import type { Logger } from './ports/logger.ts'

/** In-process events. A listener that throws is logged and harms nobody else. */
export interface Emitter {
  on<E extends EventName>(event: E, listener: EventMap[E]): () => void
  emit<E extends EventName>(event: E, ...args: Parameters<EventMap[E]>): void
  /** Does anybody listen? Spares making what nobody is told. */
  has(event: EventName): boolean
  clear(): void
}

export const createEmitter = ({ logger }: { readonly logger: Logger }): Emitter => {
  const events = new EventEmitter()

  return {
    on: (event, listener) => {
      const guarded = (...args: unknown[]): void => {
        try {
          // A listener may be async although its type says void: its rejection is caught as well.
          const result: unknown = (listener as (...all: unknown[]) => unknown)(...args)
          if (result instanceof Promise) result.catch(report)
        } catch (thrown) {
          report(thrown)
        }
      }
      const report = (thrown: unknown): void => logger.error({ event, error: String(thrown) }, 'A listener failed.')
      events.on(event, guarded)
      return () => void events.off(event, guarded)
    },
    emit: (event, ...args) => void events.emit(event, ...args),
    has: (event) => events.listenerCount(event) > 0,
    clear: () => void events.removeAllListeners(),
  }
}

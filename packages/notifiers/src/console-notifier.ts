import type { Notifier } from '@sightline/core/ports'
import { plainText } from './plain-text.ts'

/** How notifications are written to the console. */
export interface ConsoleNotifierOptions {
  /** Takes each text. @default console.log */
  readonly write?: (text: string) => void
}

/**
 * Writes notifications to the console, as text. Control characters of what comes from outside are taken out, so that nothing moves a
 * terminal's cursor or changes its title.
 *
 * @example
 * createSightline({ notifiers: { screen: consoleNotifier() }, … })
 */
export const consoleNotifier = ({ write = (text) => console.log(text) }: ConsoleNotifierOptions = {}): Notifier => ({
  name: 'console',
  send: async (notification) => {
    write(plainText(notification))
    return {}
  },
})

export { type ConsoleNotifierOptions, consoleNotifier } from './console-notifier.ts'

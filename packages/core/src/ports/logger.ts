/** Structured logging; a pino instance fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** Warnings and errors on the console, the default: a monitor that keeps its own trouble to itself helps nobody. The rest is left out. */
export const consoleLogger = (bound: object = {}): Logger => {
  const quiet = (): void => {}
  const write =
    (level: 'warn' | 'error') =>
    (fields: object, message: string): void =>
      console[level](`sightline: ${message}`, { ...bound, ...fields })
  return {
    debug: quiet,
    info: quiet,
    warn: write('warn'),
    error: write('error'),
    child: (fields) => consoleLogger({ ...bound, ...fields }),
  }
}

/** A logger that says nothing. */
export const silentLogger = (): Logger => {
  const quiet = (): void => {}
  const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => logger }
  return logger
}

/** Structured logging; a pino instance fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** A logger that says nothing: the default, because a library must not write to its host's console unasked. */
export const silentLogger = (): Logger => {
  const quiet = (): void => {}
  const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => logger }
  return logger
}

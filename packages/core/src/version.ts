/** Of this package; a test holds it to package.json. */
export const VERSION = '0.1.0'

/** The form of what is stored: written, and the newest that can be read. */
export const STORE_FORMAT = { writes: 1, reads: 1 } as const

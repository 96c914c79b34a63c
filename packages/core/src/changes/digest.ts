import { hash } from 'node:crypto'

/** Lower-case hex SHA-1 of bytes, or of a text's UTF-8 bytes. Tells documents apart; it protects nothing. */
export const sha1 = (data: string | Uint8Array): string => hash('sha1', data)

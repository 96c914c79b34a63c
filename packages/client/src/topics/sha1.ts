import { sha1 as digest } from '@noble/hashes/legacy.js'
import type { Sha1 } from '@sightline/core/protocol'

// The browser's own SHA-1 is asynchronous and missing on plain HTTP.
export const sha1: Sha1 = (text) =>
  Array.from(digest(new TextEncoder().encode(text)), (byte) => byte.toString(16).padStart(2, '0')).join('')

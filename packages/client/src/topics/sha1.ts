import { sha1 as digest } from '@noble/hashes/legacy.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Sha1 } from '@sightline/core/protocol'

const utf8 = new TextEncoder()

// The browser's own SHA-1 is asynchronous and missing on plain HTTP.
export const sha1: Sha1 = (text) => bytesToHex(digest(utf8.encode(text)))

import { z } from 'zod'
import { hostSchema, parseProbeOptions, portSchema, type TlsTrustOptions, tlsTrustSchema } from '../probe-options.ts'

/** How a TLS endpoint is checked. */
export interface TlsProbeOptions extends TlsTrustOptions {
  /** A name or an address. */
  readonly host: string
  /** Default 443. */
  readonly port?: number
  /** Oldest version that is accepted. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** A certificate that ends sooner is a failed check, days: 0 to 3,650. Default 0: one that has ended is. */
  readonly minCertificateDays?: number
  /** Application protocols offered, `h2` for one. Default none. */
  readonly alpn?: readonly string[]
}

const schema = tlsTrustSchema.safeExtend({
  host: hostSchema,
  port: portSchema.optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3'], 'must be TLSv1.2 or TLSv1.3').optional(),
  minCertificateDays: z.number('must be a number').min(0, 'must be 0 to 3650').max(3_650, 'must be 0 to 3650').optional(),
  alpn: z
    .array(
      z.string('must be a name').regex(/^[\x21-\x7e]{1,255}$/, 'must be a name of at most 255 characters'),
      'must be a list of names',
    )
    .min(1, 'must have at least one name')
    .max(20, 'must have at most 20 names')
    .optional(),
})

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parseTlsProbeOptions = (raw: unknown): TlsProbeOptions => parseProbeOptions(raw, { name: 'TLS', schema })

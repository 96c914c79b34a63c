import { type FieldFault, SightlineError } from '@sightline/core'
import { z } from 'zod'

/** How a kind's options are checked. */
export interface OptionRules {
  /** In messages: `TCP`. */
  readonly name: string
  readonly schema: z.ZodType
  /** Faults between fields; looked for wherever the fields themselves are readable, so that all come at once. */
  readonly contradictions?: (raw: unknown) => readonly FieldFault[]
}

/**
 * Checks options that come from a file, an API or JavaScript. No message repeats a value, since values may be secrets.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault at once, by path (`headers.x-key`).
 */
export const parseProbeOptions = <Options>(raw: unknown, { name, schema, contradictions }: OptionRules): Options => {
  const parsed = schema.safeParse(raw)
  const issues = (parsed.error?.issues ?? []).flatMap((issue) => toFaults(issue, name))
  const faults: FieldFault[] = [...issues, ...(contradictions?.(raw) ?? [])]
  if (parsed.success && faults.length === 0) return parsed.data as Options
  const where = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  throw new SightlineError('INVALID_CONFIG', `The ${name} probe cannot be made: ${where}.`, { fields: faults })
}

const toFaults = (issue: z.core.$ZodIssue, name: string): FieldFault[] => {
  const path = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  return issue.keys.map((key) => ({
    path: path === '' ? key : `${path}.${key}`,
    message: `is not an option of the ${name} probe`,
  }))
}

/** A host name or an address, without port and brackets. */
export const hostSchema = z
  .string('must be a host name or an address')
  .regex(/^[^\s/@?#[\]\\\p{Cc}]{1,253}$/u, 'must be a host name or an address')

export const portSchema = z
  .int('must be a port, 1 to 65535')
  .min(1, 'must be a port, 1 to 65535')
  .max(65_535, 'must be a port, 1 to 65535')

/** How a target proves itself over TLS. */
export interface TlsTrustOptions {
  /** PEM of the authorities to trust. Default: Node's. */
  readonly ca?: string
  /** The name expected in the certificate. Default: the target's host. */
  readonly servername?: string
  /** False accepts any certificate; its expiry is still measured where the probe does. Default true. */
  readonly rejectUnauthorized?: boolean
}

export const tlsTrustSchema = z.strictObject(
  {
    ca: z.string('must be PEM text').optional(),
    servername: z.string('must be a host name').min(1, 'must be a host name').optional(),
    rejectUnauthorized: z.boolean('must be true or false').optional(),
  },
  'must be an object',
)

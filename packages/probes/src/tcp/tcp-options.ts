import { z } from 'zod'
import { type TextExpectation, textExpectationFields } from '../expectations/text-expectation.ts'
import { hostSchema, parseProbeOptions, portSchema } from '../probe-options.ts'

/** How a port is checked. */
export interface TcpProbeOptions {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  /** Sent once connected: `PING\r\n`. At most 65,536 characters. Default nothing. */
  readonly send?: string
  /** What must come back before the target's timeout; the check ends as soon as it has. Default: connecting is enough. */
  readonly expect?: TextExpectation
  /** Longest that is read for `expect`, bytes: 1 to 1,048,576. Default 65,536. */
  readonly maxBytes?: number
}

const schema = z.strictObject(
  {
    host: hostSchema,
    port: portSchema,
    send: z.string('must be a text').min(1, 'must not be empty').max(65_536, 'must be at most 65536 characters long').optional(),
    expect: z
      .strictObject(textExpectationFields, 'must be an object with contains or matches')
      .refine((expectation) => Object.keys(expectation).length > 0, 'must be an object with contains or matches')
      .optional(),
    maxBytes: z.int('must be a whole number').min(1, 'must be 1 to 1048576').max(1_048_576, 'must be 1 to 1048576').optional(),
  },
  'must be an object with a host and a port',
)

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parseTcpProbeOptions = (raw: unknown): TcpProbeOptions => parseProbeOptions(raw, { name: 'TCP', schema })

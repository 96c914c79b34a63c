import { SightlineError } from '@sightline/core'

/** How long bodies with log lines may be, decompressed. */
export interface LogBodyLimits {
  /** Of lines (NDJSON), which are taken in as they come, in bytes, at least 1,024. Default 67,108,864. */
  readonly maxLinesBytes?: number
  /** Of a JSON document, also that of OpenTelemetry, which is held as a whole, in bytes, at least 1,024. Default 8,388,608. */
  readonly maxDocumentBytes?: number
}

const LEAST_BYTES = 1_024

/** @throws SightlineError `INVALID_CONFIG` for a limit that is none */
export const resolveLogBodies = ({
  maxLinesBytes = 67_108_864,
  maxDocumentBytes = 8_388_608,
}: LogBodyLimits = {}): Required<LogBodyLimits> => {
  const limits = { maxLinesBytes, maxDocumentBytes }
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= LEAST_BYTES) continue
    const path = `logBodies.${name}`
    const message = `must be a whole number of bytes, at least ${LEAST_BYTES}`
    throw new SightlineError('INVALID_CONFIG', `${path}: ${message}.`, { fields: [{ path, message }] })
  }
  return limits
}

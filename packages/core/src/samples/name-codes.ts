/**
 * Names that are frequent are stored as their place in this list, from 1. It is part of the stored form: names are only ever added, at its end.
 */
const NAMES = [
  'up',
  'latencyMs',
  'statusCode',
  'bodyBytes',
  'firstByteMs',
  'downloadMs',
  'certificateDays',
  'cpuPercent',
  'ramPercent',
  'errorPercent',
  'requestCount',
  'errorCount',
  'dnsMs',
  'connectMs',
  'tlsMs',
  'redirects',
  'redirectMs',
  'eventLoopDelayMs',
  'heapMb',
  'rssMb',
  'load1',
  'diskPercent',
  'logCount',
  'logErrorCount',
] as const

const codes: ReadonlyMap<string, number> = new Map(NAMES.map((name, index) => [name, index + 1]))

/** null for a name that is stored as it is. */
export const codeOfName = (name: string): number | null => codes.get(name) ?? null

export const nameOfCode = (code: number): string | null => NAMES[code - 1] ?? null

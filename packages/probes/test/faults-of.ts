import { SightlineError } from '@sightline/core'

/** The faults that parsing options ends with, by path; none where they are fine. */
export const faultsOf = (parse: (raw: unknown) => unknown, raw: unknown): Record<string, string> => {
  try {
    parse(raw)
    return {}
  } catch (error) {
    if (!(error instanceof SightlineError) || error.code !== 'INVALID_CONFIG') throw error
    return Object.fromEntries((error.fields ?? []).map(({ path, message }) => [path, message]))
  }
}

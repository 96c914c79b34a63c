import { type FieldFault, findConfigFaults, SightlineError, spellPath } from '@sightline/core'
import { parseHttpProbeOptions } from '@sightline/probes'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] => (isRecord(value) ? Object.entries(value) : [])

/** What core reads of a region itself; the rest is the probe's. */
const ownOptions = new Set(['intervalMs', 'timeoutMs', 'label', 'probe'])

/** Every fault of a configuration: core's, and those that the HTTP probe would find when it starts. Each path once, as core words it. */
export const findFaults = (raw: unknown): readonly FieldFault[] => {
  const faults = findConfigFaults(raw)
  // A configuration that brings its own kind of probe has its own options.
  if (!isRecord(raw) || raw.http !== undefined) return faults
  const probeFaults = entriesOf(raw.apis).flatMap(([api, options]) =>
    entriesOf(isRecord(options) ? options.regions : undefined).flatMap(([region, target]) =>
      probeFaultsOf(target).map(({ path, message }) => ({
        // A header's name may have a dot: only the first step is an option.
        path: spellPath(['apis', api, 'regions', region, ...path.split(/\.(.*)/s).filter(Boolean)]),
        message,
      })),
    ),
  )
  const known = new Set(faults.map(({ path }) => path))
  return [...faults, ...probeFaults.filter(({ path }) => !known.has(path))]
}

const probeFaultsOf = (target: unknown): readonly FieldFault[] => {
  if (!isRecord(target) || target.url === undefined) return []
  try {
    parseHttpProbeOptions(
      Object.fromEntries(Object.entries(target).filter(([name, value]) => !ownOptions.has(name) && value !== undefined)),
    )
    return []
  } catch (error) {
    return SightlineError.from(error).fields ?? []
  }
}

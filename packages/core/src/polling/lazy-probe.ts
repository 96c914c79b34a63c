import { SightlineError } from '../errors.ts'
import type { Probe, ProbeKind } from '../ports/probe.ts'

/** A probe that is made when Sightline starts: creating an instance does no I/O, and loads no package. */
export interface LazyProbe extends Probe {
  /** Rejects with `INVALID_CONFIG` where the options do not fit the kind. */
  open(kind: ProbeKind<unknown>): void
}

export const lazyProbe = (options: unknown): LazyProbe => {
  let probe: Probe | null = null
  return {
    open: (kind) => {
      probe ??= kind.open(kind.parse(options))
    },
    collect: async (context) => {
      if (probe === null) throw new SightlineError('UNAVAILABLE', 'Sightline has not started yet.')
      return probe.collect(context)
    },
    close: async () => {
      await probe?.close?.()
    },
  }
}

/** What asks by `url` where the configuration names nothing: `@sightline/probes`, when it is installed. */
export const loadHttpKind = async (): Promise<ProbeKind<unknown>> => {
  // By a name that no bundler follows: the package is optional.
  const name = '@sightline/probes'
  try {
    const { httpProbeKind } = (await import(name)) as { readonly httpProbeKind: () => ProbeKind<unknown> }
    return httpProbeKind()
  } catch (cause) {
    throw new SightlineError(
      'INVALID_CONFIG',
      'Targets with a url need the package @sightline/probes: npm i @sightline/probes, or pass `http`.',
      { cause },
    )
  }
}

import { SightlineError } from '../errors.ts'
import type { EnteredChecks, ServiceOptions } from '../monitoring-options.ts'
import type { ProbeKind } from '../ports/probe.ts'

export interface ServiceKindsOptions {
  readonly services: Readonly<Record<string, ServiceOptions>>
  readonly probes: readonly ProbeKind<unknown>[] | undefined
  readonly entered: EnteredChecks | undefined
}

/** The ways to check services: those of the configuration, and those for what users enter, which keep away from what is not theirs to ask. */
export interface ServiceKinds {
  readonly configured: ReadonlyMap<string, ProbeKind<unknown>>
  readonly entered: ReadonlyMap<string, ProbeKind<unknown>>
  /**
   * Loads `@sightline/probes` where the configuration names no kinds. Rejects with `INVALID_CONFIG` where a service of the configuration needs it
   * and it is not there.
   */
  load(): Promise<void>
}

/** Does a service of the configuration need a kind of probe? */
export const needsKinds = (services: Readonly<Record<string, ServiceOptions>>): boolean =>
  Object.values(services).some(({ url, check }) => url !== undefined || check !== undefined)

interface ProbesPackage {
  probeKinds(resources: { readonly guard?: { readonly allow?: readonly string[] } }): readonly ProbeKind<unknown>[]
}

export const createServiceKinds = ({ services, probes, entered = { allow: [] } }: ServiceKindsOptions): ServiceKinds => {
  const configured = new Map<string, ProbeKind<unknown>>()
  const guarded = new Map<string, ProbeKind<unknown>>()
  const fill = (to: Map<string, ProbeKind<unknown>>, kinds: readonly ProbeKind<unknown>[]): void => {
    for (const kind of kinds) to.set(kind.kind, kind)
  }

  return {
    configured,
    entered: guarded,
    load: async () => {
      if (probes !== undefined) {
        // Made by the embedder: what guards them, if anything, they were made with.
        fill(configured, probes)
        fill(guarded, probes)
        return
      }
      const found = await loadProbes()
      if (found === null) {
        if (!needsKinds(services)) return
        throw new SightlineError(
          'INVALID_CONFIG',
          'Services with a url or a check need the package @sightline/probes: npm i @sightline/probes, or pass `probes`.',
        )
      }
      fill(configured, found.probeKinds({}))
      fill(guarded, found.probeKinds(entered.allow === 'any' ? {} : { guard: { allow: entered.allow } }))
    },
  }
}

const loadProbes = async (): Promise<ProbesPackage | null> => {
  // By a name that no bundler follows: the package is optional.
  const name = '@sightline/probes'
  try {
    return (await import(name)) as ProbesPackage
  } catch {
    return null
  }
}

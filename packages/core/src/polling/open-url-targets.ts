import { type FieldFault, SightlineError } from '../errors.ts'
import { invalidConfig } from '../invalid-config.ts'
import type { ProbeKind } from '../ports/probe.ts'
import type { UrlTarget } from '../resolve-options.ts'
import { loadHttpKind } from './lazy-probe.ts'

/** Makes the probes of all targets that are asked by url. Rejects with `INVALID_CONFIG` and the faults of all of them. */
export const openUrlTargets = async (urlTargets: readonly UrlTarget[], http: ProbeKind<unknown> | undefined): Promise<void> => {
  if (urlTargets.length === 0) return
  const kind = http ?? (await loadHttpKind())
  const faults: FieldFault[] = []
  for (const { path, probe } of urlTargets) {
    try {
      probe.open(kind)
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      const fields = error.fields ?? [{ path: '', message: error.message }]
      faults.push(
        ...fields.map((field) => ({ path: field.path === '' ? path : `${path}.${field.path}`, message: field.message })),
      )
    }
  }
  if (faults.length > 0) throw invalidConfig(faults)
}

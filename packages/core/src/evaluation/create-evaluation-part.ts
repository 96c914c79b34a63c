import type { Sample } from '../domain/sample.ts'
import type { EvaluationDependencies, EvaluationPart } from './evaluation-part.ts'
import { createEvaluator, type Evaluator } from './evaluator.ts'
import { createSampleCarrier } from './sample-carrier.ts'

/** Samples that wait to be folded while the recent past is read again: beyond, the oldest is dropped. */
const MAX_WAITING = 50_000

/** Of what this process observed lately while another led: so much is kept for a takeover, and so long, in ms. */
const MAX_REMEMBERED = 10_000
const REMEMBERED_MS = 60_000

/** How long after storage is back the incidents that are open are looked at, in ms. */
const ADOPT_AFTER_MS = 2_000

/**
 * Folds samples in the order they come where this process leads, and carries them to who leads where it does not. On taking over it reads the
 * recent past again, knowing which incidents are open.
 */
export const createEvaluationPart = (deps: EvaluationDependencies): EvaluationPart => {
  const { clock, leadership, logger } = deps
  let evaluator: Evaluator | null = null
  let unsubscribe = (): void => {}
  let cancelAdopting = (): void => {}
  let dropped = 0
  /** What this process observed lately: it may not be stored yet when it takes over. */
  let recent: { readonly sample: Sample; readonly elapsed: number }[] = []

  const fold = (sample: Sample): void => evaluator?.observe(sample, clock.monotonic())
  const carried = (sample: Sample): void => {
    deps.onCarried?.(sample)
    fold(sample)
  }
  const carrier = createSampleCarrier({ clock, remote: deps.remote, receive: carried })

  const remember = (sample: Sample): void => {
    const elapsed = clock.monotonic()
    if (recent.length >= MAX_REMEMBERED) {
      const since = elapsed - REMEMBERED_MS
      recent = recent.filter((one) => one.elapsed >= since).slice(-MAX_REMEMBERED / 2)
    }
    recent.push({ sample, elapsed })
  }

  const lead = (isLeading: boolean): void => {
    if (isLeading === (evaluator !== null)) return
    evaluator?.stop()
    evaluator = isLeading ? createEvaluator({ ...deps, maxWaiting: MAX_WAITING, onDropped: () => dropped++ }) : null
    if (evaluator === null) return
    const since = clock.monotonic() - REMEMBERED_MS
    for (const { sample, elapsed } of recent) if (elapsed >= since) evaluator.observe(sample, elapsed)
    recent = []
    evaluator.start().catch((error) => logger.warn({ error: String(error) }, 'What was before could not be read again.'))
  }

  return {
    operations: {},
    topics: {},
    get dropped() {
      return dropped + carrier.dropped
    },
    observe: (sample) => {
      if (evaluator !== null) fold(sample)
      else {
        remember(sample)
        carrier.send(sample)
      }
    },
    adopt: (team) => evaluator?.adopt(team),
    changed: (team, service) => evaluator?.changed(team, service ?? null),
    heldBy: (team, service) => evaluator?.heldBy(team, service) ?? null,
    storageUp: () => {
      cancelAdopting()
      // Incidents are loaded by then, most often; who loaded them later says so.
      cancelAdopting = clock.setTimer(ADOPT_AFTER_MS, () => {
        for (const team of deps.teams()) evaluator?.adopt(team)
      })
    },
    start: () => {
      carrier.start()
      unsubscribe = leadership.subscribe(lead)
      lead(leadership.isLeading)
    },
    stop: () => {
      unsubscribe()
      cancelAdopting()
      carrier.stop()
      evaluator?.stop()
      evaluator = null
    },
  }
}

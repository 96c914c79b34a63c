import type { Sample } from '../domain/sample.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ServiceReport } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import { createRareWarning } from '../rare-warning.ts'
import { reportSchema } from './report-schema.ts'
import type { ServiceDirectory } from './service-directory.ts'
import { invalidInput, isServiceName } from './service-schema.ts'
import { findReportFault, toReportSamples } from './to-report-samples.ts'

export interface ReportIntakeOptions {
  readonly directory: Pick<ServiceDirectory, 'find' | 'demand' | 'announce'>
  readonly clock: Clock
  readonly logger: Logger
  observe(sample: Sample): void
}

/** Takes what services report of themselves. */
export interface ReportIntake {
  /** In-process reports that did not fit, since the start. */
  readonly dropped: number
  /**
   * Of a service that exists; how many numbers and signs of life were taken, none of a service that is paused. Throws `NOT_FOUND`, and
   * `INVALID_INPUT` with every fault.
   */
  take(team: string, name: string, report: ServiceReport): number
  /** In process: makes the service where there is none; never throws. */
  observe(team: string, name: string, report: ServiceReport): void
}

export const createReportIntake = ({ directory, clock, logger, observe }: ReportIntakeOptions): ReportIntake => {
  let dropped = 0
  // A fault in a loop must not fill the log.
  const warn = createRareWarning({ clock, logger })

  const drop = (name: unknown, reason: string): void => {
    dropped++
    warn({ service: spellName(name), reason, dropped }, 'A report of a service was dropped.')
  }

  const take: ReportIntake['take'] = (team, name, report) => {
    const { service, isChecked } = directory.demand(team, name)
    const now = clock.now()
    const fault = findReportFault({ service, report, now })
    if (fault !== null) throw invalidInput([fault])
    if (!service.enabled) return 0
    for (const sample of toReportSamples({ team, service, isChecked, report, now })) observe(sample)
    return 1 + Object.keys(report.values ?? {}).length + (report.metrics ?? []).length
  }

  /** Why it was not taken; null where it was. */
  const takeOwn = (team: string, name: string, raw: unknown): string | null => {
    if (!isServiceName(name)) return 'its name cannot be one of a service'
    const parsed = reportSchema.safeParse(raw)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`.slice(0, 300)
    }
    if (directory.find(team, name) === null && !directory.announce(team, name)) return 'it was deleted, or there are too many'
    take(team, name, parsed.data as ServiceReport)
    return null
  }

  return {
    get dropped() {
      return dropped
    },
    take,
    observe: (team, name, report) => {
      try {
        const refusal = takeOwn(team, name, report)
        if (refusal !== null) drop(name, refusal)
      } catch (thrown) {
        drop(name, thrown instanceof Error ? thrown.message.slice(0, 300) : 'it could not be read')
      }
    },
  }
}

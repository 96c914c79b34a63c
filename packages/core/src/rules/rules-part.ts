import type { EngineContext, EnginePart } from '../engine-part.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { RuleInForce } from './rule.ts'
import { createRuleBook, type RuleBook, type StoredRule } from './rule-book.ts'
import { ruleOperations } from './rule-operations.ts'
import { RULES } from './rule-records.ts'

export interface RulesDependencies extends Pick<EngineContext, 'clock' | 'link' | 'logger' | 'remote'> {
  /** Teams there are rules for; others get theirs when they are named. */
  teams(): Iterable<string>
  /** From `configRules`. */
  readonly configured: readonly RuleInForce[]
  /** Other rules are in force for the team, in this process. */
  onRulesChanged(team: string): void
}

export interface RulesPart extends EnginePart {
  /** Those that are enabled. */
  rules(team: string): readonly RuleInForce[]
}

const CHANGED = 'rules:changed'
/** A hint that was lost is made up for, in ms. */
const RELOAD_MS = 30_000
/** Where no bus tells what other processes do, in ms. */
const UNTOLD_MS = 5_000

/** The rules of every team: built in, configured, and entered while it runs, in every process at once. */
export const createRulesPart = (deps: RulesDependencies): RulesPart => {
  const { link, remote, logger, clock } = deps
  const book: RuleBook = createRuleBook(deps.configured)
  let cancelReload = (): void => {}
  let isStopped = false

  const loadTeam = async (team: string): Promise<void> => {
    const found = await listAllRecords(link, RULES, { scope: { team }, index: 'byName', equals: {}, order: 'asc' })
    const before = book.inForce(team)
    book.replace(
      team,
      found.map(({ value }) => value),
    )
    const after = book.inForce(team)
    if (before.length !== after.length || before.some((rule, place) => rule !== after[place])) deps.onRulesChanged(team)
  }

  const load = (): void => {
    cancelReload()
    if (isStopped) return
    cancelReload = clock.setTimer(remote.isAlone ? UNTOLD_MS : RELOAD_MS, load)
    if (link.state !== 'up') return
    for (const team of new Set(deps.teams())) {
      loadTeam(team).catch((error) => logger.warn({ team, error: String(error) }, 'Rules could not be loaded; tried again.'))
    }
  }

  const apply = (team: string, name: string, rule: StoredRule | null): void => {
    book.put(team, name, rule)
    deps.onRulesChanged(team)
  }

  return {
    rules: book.inForce,
    operations: ruleOperations({
      link,
      book,
      changed: (team, name, rule) => {
        apply(team, name, rule)
        remote.carry(CHANGED, { team, name, rule })
      },
    }),
    topics: {},
    start: () => {
      remote.hear(CHANGED, (payload) => {
        const { team, name, rule } = payload as { readonly team: string; readonly name: string; readonly rule: unknown }
        apply(team, name, rule === null ? null : RULES.parse(rule))
      })
      load()
    },
    storageUp: load,
    stop: () => {
      isStopped = true
      cancelReload()
    },
  }
}

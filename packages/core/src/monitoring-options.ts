import type { Notifier } from './ports/notifier.ts'
import type { Probe, ProbeKind } from './ports/probe.ts'
import type { Spool } from './ports/spool.ts'
import type { Route } from './protocol/alerts.ts'
import type { ConfigRules } from './rules/config-rules.ts'
import type { DefinedRule } from './rules/define-rule.ts'
import type { ConfiguredService } from './services/services-part.ts'

/** A service of the configuration: as it is entered while running, or checked by code, with rules by name or in code. */
export type ServiceOptions = Omit<ConfiguredService, 'rules'> & {
  /** Names of rules, or rules made by `defineRule`. Default: every rule that selects it. */
  readonly rules?: readonly (string | DefinedRule)[]
}

/** Where services that users enter may be checked. */
export interface EnteredChecks {
  /**
   * Networks and host names beside the public Internet: `10.20.0.0/16`, `db.internal`. `'any'` lets users have anything asked that this
   * process can reach. Default none.
   */
  readonly allow: readonly string[] | 'any'
}

/**
 * Addresses outside that are asked so that a network this process has lost is not taken for targets that are down: when none of them answers
 * and a check fails, that check is `inconclusive`. At least one `url` or `probe`; two or three of different operators are better, since one
 * that is down alone then says nothing. Believed once one of them has answered.
 *
 * @example
 * canary: { urls: ['https://example.com/', 'https://example.net/', 'https://example.org/'] }
 */
export interface CanaryOptions {
  /** Asked with `HEAD` by the probe kind `http`; any answer counts, whatever its status. Default none. */
  readonly urls?: readonly string[]
  /** Asked in another way. They are closed with the engine. Default none. */
  readonly probes?: readonly Probe[]
  /** How often, in ms, 1,000 to a day; and besides when a service fails for the first time. Default 15,000. */
  readonly intervalMs?: number
  /** In ms, 100 to 60,000: a first failure waits that long for them at most. Default 2,000. */
  readonly timeoutMs?: number
}

/** What is watched beside the apis, and who is told. */
export interface MonitoringOptions {
  /** By name. More of them can be entered while it runs. Default none. */
  readonly services?: Readonly<Record<string, ServiceOptions>>
  /** Beside the built-in rules, or in place of one of the same name; `false` switches a built-in one off. */
  readonly rules?: ConfigRules
  /** Where alerts go, by channel: `slack({ webhookUrl })`, `consoleNotifier()`. Default none. */
  readonly notifiers?: Readonly<Record<string, Notifier>>
  /** Which alerts go to which channels. Default: all to all. */
  readonly routes?: readonly Route[]
  /** Ways to check services. Default: all of `@sightline/probes`, when that is installed. */
  readonly probes?: readonly ProbeKind<unknown>[]
  /** Default: services that users enter are asked on the public Internet alone. */
  readonly entered?: EnteredChecks
  /** Is it this process's own network? Default: nothing outside is asked. */
  readonly canary?: CanaryOptions
  /** Where incidents and alerts wait while storage is away. Default `memorySpool()`: they are lost with the process. `fileSpool({ file })` keeps them. */
  readonly spool?: Spool
  /** What else is a secret in logs, beside what is recognised anyhow. Default none. */
  readonly redact?: readonly RegExp[]
  /** How soon a rule has to fire again to reopen what it resolved itself, in ms, a day at most. Default 600,000; 0 never. */
  readonly reopenWithinMs?: number
  /** Where the dashboard is, for links in messages: `https://status.example.org/sightline`. Default: messages have no link. */
  readonly dashboardUrl?: string
}

export { allowAll, denyAll } from './access/policies.ts'
export { defineNotifier, type NotifierDefinition } from './alerts/define-notifier.ts'
export { commonOptions, findConfigFaults, parseConfig, spellPath } from './config-schema.ts'
export { createSightline } from './create-sightline.ts'
export { type DirectTransportOptions, directTransport } from './direct/direct-transport.ts'
export * from './domain/counters.ts'
export * from './domain/health.ts'
export * from './domain/info.ts'
export * from './domain/status.ts'
export * from './errors.ts'
export * from './events.ts'
export { invalidConfig } from './invalid-config.ts'
export * from './memory/index.ts'
export type * from './monitoring-options.ts'
export * from './operations/define-operation.ts'
export type { OperationContext, RecordChange } from './operations/operation-context.ts'
export * from './options.ts'
export * from './plugin.ts'
export type { PluginContext } from './plugin-context.ts'
export {
  type DefinedProbe,
  defineProbe,
  type ProbeDefinition,
  type ProbeMetrics,
  type ProbeResult,
  type ProbeStatus,
} from './polling/define-probe.ts'
export * from './ports/index.ts'
export * from './protocol/index.ts'
export type { ConfigRule, ConfigRules } from './rules/config-rules.ts'
export { type DefinedRule, defineRule, type ProbeSource, type RuleDefinition } from './rules/define-rule.ts'
export type { CodeCondition, Reading, RuleInForce } from './rules/rule.ts'
export type { ServiceReporter } from './services/service-reporter.ts'
export type { ConfiguredService } from './services/services-part.ts'
export * from './sightline.ts'
export { type DefinedPlan, storagePlan } from './storage/storage-plan.ts'
export * from './topics/define-topic.ts'
export type * from './topics/topic-change.ts'

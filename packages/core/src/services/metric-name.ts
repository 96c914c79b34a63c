import type { CustomMetric } from '../protocol/services.ts'

/**
 * The name under which rules and charts know a custom metric: `depth`, with a unit `depth[jobs]`, with tags
 * `depth[jobs]{queue="mail",zone="a"}`. Tags stand by name and their values as JSON, so that no two metrics share one.
 */
export const foldMetricName = ({ name, unit, tags = {} }: Pick<CustomMetric, 'name' | 'unit' | 'tags'>): string => {
  const pairs = Object.keys(tags)
    .sort()
    .map((tag) => `${tag}=${JSON.stringify(tags[tag])}`)
  return `${name}${unit === undefined ? '' : `[${unit}]`}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`
}

/** The unit that was given with a custom metric; null where there is none. */
export const unitOfMetric = (folded: string): string | null => /^[^[\]{}]*\[([^[\]{}]+)\]/.exec(folded)?.[1] ?? null

/** Requests since they were last read. */
export interface RequestCounts {
  add(latencyMs: number, isError: boolean): void
  /** By the names that rules know; no latencies where there was no request. Begins anew. */
  read(): Readonly<Record<string, number>>
}

/** Latencies that are kept of one interval; of more than these a fair choice (Vitter's algorithm R). */
const KEPT = 2_048

/** The smallest that at least so large a share is not above. */
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0

export const createRequestCounts = ({ random }: { readonly random: () => number }): RequestCounts => {
  let latencies: number[] = []
  let requests = 0
  let errors = 0

  return {
    add: (latencyMs, isError) => {
      requests++
      if (isError) errors++
      if (!Number.isFinite(latencyMs) || latencyMs < 0) return
      if (latencies.length < KEPT) latencies.push(latencyMs)
      else {
        const place = Math.floor(random() * requests)
        if (place < KEPT) latencies[place] = latencyMs
      }
    },
    read: () => {
      const sorted = latencies.sort((a, b) => a - b)
      const counts = {
        requests,
        errors,
        ...(requests === 0 ? {} : { errorRatePercent: (errors / requests) * 100 }),
        ...(sorted.length === 0
          ? {}
          : {
              latencyP50Ms: percentile(sorted, 0.5),
              latencyP95Ms: percentile(sorted, 0.95),
              latencyP99Ms: percentile(sorted, 0.99),
            }),
      }
      latencies = []
      requests = 0
      errors = 0
      return counts
    },
  }
}

/** A MongoDB to measure with: what the tests of adapter-mongo run against, started as they start it. */
export interface BenchMongo {
  readonly url: string
  readonly version: string
  stop(): Promise<void>
}

/** null, and why, where there is none. */
export const startBenchMongo = async ({ hasStreams = true } = {}): Promise<BenchMongo | { readonly unavailable: string }> => {
  const module = new URL('../../packages/adapter-mongo/test/mongo-server.ts', import.meta.url).href
  const { startMongo } = await import(module)
  const server = await startMongo({ isSilent: true, hasStreams })
  return 'unavailable' in server
    ? server
    : { ...server, version: `${server.isReal ? 'MongoDB' : 'mongo-java-server'} ${server.version}` }
}

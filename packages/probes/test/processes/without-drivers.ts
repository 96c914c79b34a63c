/** Runs as a process of its own, where no database driver is installed: prints what each kind says, a line each. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) => {
    if (['pg', 'mongodb', 'ioredis'].includes(specifier)) {
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
    }
    return next(specifier, context)
  },
})

// After the hooks: what is imported above is resolved before them.
const { probeKinds } = await import('../../src/index.ts')
for (const { kind, open } of probeKinds()) {
  if (!['postgres', 'mongodb', 'redis'].includes(kind)) continue
  const probe = open({ url: `${kind}://u:s3cret@127.0.0.1:1` })
  const observation = await probe.collect({ region: 'us-east', signal: AbortSignal.timeout(5_000) })
  const error = observation.outcome === 'failed' ? (observation.error as Error & { readonly code?: string }) : null
  console.log(`${kind} ${error?.code}: ${error?.message}`)
  await probe.close?.()
}

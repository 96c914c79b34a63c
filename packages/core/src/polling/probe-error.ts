import { SightlineError } from '../errors.ts'

/** What a probe failed with. It is the embedder's own code or its provider's answer: its message is kept, unlike that of an inner fault. */
export const toProbeError = (thrown: unknown): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const message = thrown instanceof Error && thrown.message !== '' ? thrown.message : 'The probe failed.'
  return new SightlineError('UNAVAILABLE', message, { cause: thrown })
}

import { setTimeout as wait } from 'node:timers/promises'
import { type Sightline, SightlineError } from '@sightline/core'
import type { Response } from 'express'
import { contextOf } from './request-context.ts'

/** What became of the entries of one request; the first few that are none, with their places. */
export interface IngestTally {
  accepted: number
  rejected: number
  readonly errors: { readonly line: number; readonly message: string }[]
}

/** Entries of one request on their way in, batch by batch. */
export interface LogSink {
  readonly tally: IngestTally
  /** Resolves when there is room for more. Rejects with `TOO_MANY_REQUESTS` where there has been none for a while. */
  add(entry: unknown, line: number): Promise<void>
  refuse(line: number, message: string): void
  end(): Promise<void>
}

const BATCH = 500
const MAX_ERRORS = 10
/** A sender is kept waiting for room so long, in ms, before it is told to come again. */
const PATIENCE_MS = 5_000
const RETRY_MS = 200

interface Ingested {
  readonly accepted: number
  readonly rejected: number
  readonly errors: readonly { readonly index: number; readonly message: string }[]
}

export const createLogSink = (sightline: Pick<Sightline, 'call'>, response: Response): LogSink => {
  const { caller, signal, correlationId } = contextOf(response)
  const tally: IngestTally = { accepted: 0, rejected: 0, errors: [] }
  let batch: { readonly entry: unknown; readonly line: number }[] = []

  const refuse = (line: number, message: string): void => {
    tally.rejected++
    if (tally.errors.length < MAX_ERRORS) tally.errors.push({ line, message })
  }

  const ingest = async (entries: readonly unknown[]): Promise<Ingested> => {
    const endsAt = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        const output = await sightline.call({
          operation: 'logs.ingest',
          input: { entries },
          as: await caller(),
          signal,
          correlationId,
        })
        return output as Ingested
      } catch (thrown) {
        const error = SightlineError.from(thrown)
        if (error.code !== 'TOO_MANY_REQUESTS' || performance.now() >= endsAt) throw error
        await wait(RETRY_MS, undefined, { signal }).catch(() => {
          throw new SightlineError('ABORTED', 'The client gave up.')
        })
      }
    }
  }

  const send = async (): Promise<void> => {
    const sent = batch
    batch = []
    if (sent.length === 0) return
    const { accepted, rejected, errors } = await ingest(sent.map(({ entry }) => entry))
    tally.accepted += accepted
    tally.rejected += rejected
    for (const { index, message } of errors) {
      if (tally.errors.length < MAX_ERRORS) tally.errors.push({ line: sent[index]?.line ?? 0, message })
    }
  }

  return {
    tally,
    refuse,
    add: async (entry, line) => {
      batch.push({ entry, line })
      if (batch.length >= BATCH) await send()
    },
    end: send,
  }
}

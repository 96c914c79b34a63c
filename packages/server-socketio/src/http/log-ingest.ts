import { type Sightline, SightlineError } from '@sightline/core'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { LogBodyLimits } from './log-body-limits.ts'
import { BodyTooLong, decodedBody } from './log-ingest-body.ts'
import { bodyLines } from './log-ingest-lines.ts'
import { fromOtlp } from './log-ingest-otlp.ts'
import { createLogSink, type LogSink } from './log-ingest-sink.ts'
import { refuseLongBody } from './long-body.ts'
import { prepareProblem } from './problem.ts'
import { demand } from './system-routes.ts'

const NDJSON = /^(?:application\/(?:x-ndjson|ndjson|jsonl|x-jsonlines|json-seq|stream\+json)|text\/plain)\s*(?:;|$)/i
const JSON_DOCUMENT = /^application\/json\s*(?:;|$)/i

export interface LogIngestOptions {
  readonly sightline: Pick<Sightline, 'call' | 'allows' | 'operations'>
  readonly logBodies: Required<LogBodyLimits>
}

const takeLines = async (request: Request, sink: LogSink, maxBytes: number): Promise<void> => {
  for await (const line of bodyLines(decodedBody(request, { maxBytes }))) {
    if ('isTooLong' in line) {
      sink.refuse(line.number, 'it is too long')
      continue
    }
    let entry: unknown
    try {
      entry = JSON.parse(line.text)
    } catch {
      sink.refuse(line.number, 'it is no JSON')
      continue
    }
    await sink.add(entry, line.number)
  }
  await sink.end()
}

const readDocument = async (request: Request, maxBytes: number): Promise<unknown> => {
  // A host's own parser may have been there first.
  if (request.body !== undefined) return request.body
  const pieces: Buffer[] = []
  for await (const piece of decodedBody(request, { maxBytes })) pieces.push(piece)
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    throw new SightlineError('INVALID_INPUT', 'The body is not valid JSON.')
  }
}

const takeAll = async (entries: readonly unknown[], sink: LogSink): Promise<void> => {
  for (const [index, entry] of entries.entries()) await sink.add(entry, index + 1)
  await sink.end()
}

/** `{ "entries": […] }`, or a list, or one entry by itself. */
const entriesOf = (document: unknown): readonly unknown[] => {
  if (Array.isArray(document)) return document
  const { entries } = (document ?? {}) as { readonly entries?: unknown }
  return Array.isArray(entries) ? entries : [document]
}

/** What was taken in before it went wrong stays taken in: who sends again sends what follows, or the same ids. */
const refuse = (thrown: unknown, { request, response, sink }: { request: Request; response: Response; sink: LogSink }): void => {
  if (thrown instanceof BodyTooLong) {
    refuseLongBody(request, response)
    return
  }
  const error = SightlineError.from(thrown)
  if (error.code !== 'TOO_MANY_REQUESTS' || response.headersSent) throw thrown
  const { accepted, rejected } = sink.tally
  response.send(prepareProblem(response, Object.assign(error.toPublic(), { accepted, rejected })))
}

/** As the specification of OTLP/HTTP has it: nothing where everything was taken. */
const otlpAnswer = ({ rejected, errors }: LogSink['tally']): object =>
  rejected === 0
    ? {}
    : { partialSuccess: { rejectedLogRecords: String(rejected), errorMessage: errors.map(({ message }) => message).join('; ') } }

/**
 * `POST <prefix>/logs`: entries as lines of JSON (NDJSON), taken in as they come, or as one JSON document, also that of OpenTelemetry;
 * `POST <prefix>/v1/logs`: OTLP/HTTP in JSON. Bodies may be compressed (gzip, deflate).
 */
export const logIngestRoutes = ({ sightline, logBodies }: LogIngestOptions, prefix: string): Router => {
  const router = Router()
  if (!sightline.operations.has('logs.ingest')) return router

  const take: RequestHandler = async (request, response) => {
    await demand(sightline, response, 'logs:write')
    const type = request.headers['content-type'] ?? ''
    const isLines = NDJSON.test(type)
    if (!isLines && !JSON_DOCUMENT.test(type)) throw Object.assign(new Error('neither NDJSON nor JSON'), { status: 415 })
    const sink = createLogSink(sightline, response)
    try {
      if (isLines) await takeLines(request, sink, logBodies.maxLinesBytes)
      else {
        const document = await readDocument(request, logBodies.maxDocumentBytes)
        const records = fromOtlp(document)
        await takeAll(records ?? entriesOf(document), sink)
        if (records !== null) {
          response.json(otlpAnswer(sink.tally))
          return
        }
      }
      response.setHeader('Cache-Control', 'no-store')
      response.json(sink.tally)
    } catch (thrown) {
      refuse(thrown, { request, response, sink })
    }
  }

  router.post(`${prefix}/logs`, take)
  router.post(`${prefix}/v1/logs`, take)
  return router
}

import { SpanStatusCode, trace } from '@opentelemetry/api'
import type { Authority } from '../access/authority.ts'
import { SightlineError } from '../errors.ts'
import type { Principal } from '../ports/access.ts'
import type { Clock } from '../ports/clock.ts'
import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { CallRequest } from '../ports/transport.ts'
import { spellName } from '../protocol/spell-name.ts'
import { untilAborted } from '../until-aborted.ts'
import type { AnswerCache } from './answer-cache.ts'
import { AUDIT } from './audit.ts'
import { createCallMemory } from './call-memory.ts'
import type { Operation } from './define-operation.ts'
import type { OperationContext, RecordChange } from './operation-context.ts'
import { parseWith } from './parse-with.ts'

export interface RegistryOptions {
  readonly operations: ReadonlyMap<string, Operation>
  readonly authority: Authority
  readonly clock: Clock
  readonly logger: Logger
  readonly randomId: () => string
  /** Default: no answer is kept. */
  readonly answers?: AnswerCache
  readonly publish: (team: string, ...change: Parameters<OperationContext['publish']>) => void
  readonly commit: (commits: readonly Commit[]) => Promise<readonly Outcome<Stored<unknown>>[]>
}

export interface RegistryCall extends CallRequest {
  /** null is anonymous; `'system'` the host itself, which is not asked for permission. */
  readonly principal: Principal | 'system' | null
  readonly team: string
  readonly correlationId?: string
}

/** The one door to every operation. */
export interface OperationRegistry {
  /** Validates, authorises, runs, validates again. Rejects with a `SightlineError` that is safe to show. */
  call(request: RegistryCall): Promise<unknown>
}

const MAX_KEY_LENGTH = 200

const never = new AbortController().signal

export const createOperationRegistry = (options: RegistryOptions): OperationRegistry => {
  const { operations, authority, clock, logger, randomId } = options
  const remembered = createCallMemory({ clock })

  const answer = async (
    operation: Operation,
    { name, input, context }: { readonly name: string; readonly input: unknown; readonly context: OperationContext },
  ): Promise<unknown> => {
    if (operation.kind !== 'query' || operation.cached === null || options.answers === undefined)
      return operation.handle(input, context)
    const { team } = context
    const kept = await operation.cached(input, context)
    if (kept === null) return operation.handle(input, context)
    // Others may wait for it: it is made to its end, though who asked first gives up.
    return options.answers.answer({ about: [team, name, kept.under, input], ttlMs: kept.ttlMs }, async () =>
      operation.handle(input, { ...context, signal: never }),
    )
  }

  const run = async (operation: Operation, request: RegistryCall): Promise<unknown> => {
    const { principal, team, signal = never, idempotencyKey, correlationId = randomId() } = request
    const input = await parseWith(operation.input, request.input ?? {})
    const person = principal === 'system' ? null : principal
    let writes = 0
    const context: OperationContext = {
      principal: person,
      team,
      signal,
      now: clock.now(),
      logger: logger.child({ correlationId, operation: request.operation }),
      publish: (topic, change) => options.publish(team, topic, change),
      commit: async (change) => {
        // A repeat of the command repeats its write ids, so that storage answers as it did the first time.
        const writeId =
          idempotencyKey === undefined
            ? randomId()
            : JSON.stringify([actorOf(principal), team, request.operation, idempotencyKey, writes++])
        const [outcome] = await options.commit([
          auditedCommit({
            change,
            writeId,
            team,
            actor: actorOf(principal),
            operation: request.operation,
            correlationId,
            at: clock.now(),
          }),
        ])
        if (outcome === undefined) throw new SightlineError('INTERNAL', 'Storage gave no answer to a commit.')
        return outcome
      },
    }
    const output = await answer(operation, { name: request.operation, input, context })
    // What a command has done it has done, whether or not anybody still waits to hear of it.
    if (signal.aborted && operation.kind === 'query') throw new SightlineError('ABORTED', 'The caller gave up.')
    return parseWith(operation.output, output, 'INTERNAL')
  }

  return {
    call: async (request) => {
      const operation = operations.get(request.operation)
      if (operation === undefined)
        throw new SightlineError('UNKNOWN_OPERATION', `There is no operation ${spellName(request.operation)}.`)
      checkKey(request.idempotencyKey)
      if (request.principal !== 'system') {
        await authority.demand({ principal: request.principal, team: request.team, permission: operation.permission })
      }
      return trace.getTracer('sightline').startActiveSpan(request.operation, async (span) => {
        try {
          if (operation.kind === 'query' || request.idempotencyKey === undefined) return await run(operation, request)
          const key = JSON.stringify([actorOf(request.principal), request.team, request.operation, request.idempotencyKey])
          // Who repeats the command must find its answer, not have it done again: it outlives the connection of who began it.
          return await untilAborted(
            () => remembered(key, () => run(operation, { ...request, signal: never })),
            request.signal ?? never,
          )
        } catch (thrown) {
          const error = SightlineError.from(thrown)
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.code })
          if (error.code === 'INTERNAL') {
            logger.error(
              { operation: request.operation, correlationId: request.correlationId, error: String(error.cause ?? error) },
              'An operation failed.',
            )
          }
          throw error
        } finally {
          span.end()
        }
      })
    },
  }
}

/** It may come from a wire, where nothing has checked it. */
const checkKey = (key: unknown): void => {
  if (key === undefined || (typeof key === 'string' && key.length <= MAX_KEY_LENGTH)) return
  throw new SightlineError('INVALID_INPUT', `An idempotency key is a text of at most ${MAX_KEY_LENGTH} characters.`)
}

const actorOf = (principal: RegistryCall['principal']): string | null =>
  principal === 'system' ? 'system' : (principal?.id ?? null)

interface Audited {
  readonly change: RecordChange
  readonly writeId: string
  readonly team: string
  readonly actor: string | null
  readonly operation: string
  readonly correlationId: string
  readonly at: number
}

const auditedCommit = ({ change, writeId, team, actor, operation, correlationId, at }: Audited): Commit => {
  const { store, id, expected, value, then = [], audited = value } = change
  const common = { team, writeId, at }
  return {
    write: { ...common, store, id, expected, value: value ?? null, ...(value === undefined ? { deleted: true as const } : {}) },
    then: [
      {
        ...common,
        store: AUDIT.name,
        id: writeId,
        expected: null,
        value: { actor, operation, store, record: id, after: audited ?? null, correlationId, at },
      },
      ...then,
    ],
  }
}

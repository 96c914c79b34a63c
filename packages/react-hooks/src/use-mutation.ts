import type { CallOptions, Client, Contract, Draft, InputOf, MutationName, OutputOf, SightlineError } from '@sightline/client'
import { useCallback, useEffect, useRef, useState } from 'react'

/** What happens around a call: shown before its answer, and done after it. */
export interface MutationOptions<C extends Contract, N extends MutationName<C>> {
  /** Shows the effect before the call is answered; see `client.call`. */
  readonly optimistic?: (draft: Draft<C>, input: InputOf<C, N>) => void
  readonly onSuccess?: (output: OutputOf<C, N>, input: InputOf<C, N>) => void
  readonly onError?: (error: SightlineError, input: InputOf<C, N>) => void
  /** For all of one call, in ms. Default 30,000. */
  readonly timeoutMs?: number
}

interface MutationState<Output> {
  readonly status: 'idle' | 'pending' | 'success' | 'error'
  /** Of the last call that succeeded. */
  readonly data: Output | undefined
  /** Of the last call, where it failed. */
  readonly error: SightlineError | null
}

/** What `useMutation` gives: how to call, and how the last call stands. */
export interface Mutation<C extends Contract, N extends MutationName<C>> extends MutationState<OutputOf<C, N>> {
  readonly isPending: boolean
  /** Calls it; what comes of it is in `data` and `error`. */
  readonly mutate: (input: InputOf<C, N>, options?: CallOptions) => void
  /** Calls it; resolves with the output or rejects with the `SightlineError`. */
  readonly mutateAsync: (input: InputOf<C, N>, options?: CallOptions) => Promise<OutputOf<C, N>>
  /** Back to `idle`. A call under way goes on, unseen. */
  readonly reset: () => void
}

/**
 * An operation that changes something, with the state of its last call.
 *
 * @example
 * const comment = useMutation('incidents.comment', { optimistic: (draft, { id, text }) =>
 *   draft.topic('incident', { id }, (incident) => ({ ...incident, comments: [...incident.comments, { text }] })) })
 * return <button disabled={comment.isPending} onClick={() => comment.mutate({ id, text })}>Send</button>
 */
export type UseMutation<C extends Contract> = <N extends MutationName<C>>(
  name: N,
  options?: MutationOptions<C, N>,
) => Mutation<C, N>

const idle = { status: 'idle', data: undefined, error: null } as const

export const createUseMutation =
  <C extends Contract>(useClient: () => Client<C>): UseMutation<C> =>
  <N extends MutationName<C>>(name: N, options: MutationOptions<C, N> = {}): Mutation<C, N> => {
    const client = useClient()
    const [state, setState] = useState<MutationState<OutputOf<C, N>>>(idle)
    const latest = useRef(options)
    const calls = useRef(0)
    useEffect(() => {
      latest.current = options
    })

    const mutateAsync = useCallback(
      async (input: InputOf<C, N>, callOptions: CallOptions = {}): Promise<OutputOf<C, N>> => {
        const { optimistic, timeoutMs } = latest.current
        const call = ++calls.current
        const show = (next: (before: MutationState<OutputOf<C, N>>) => MutationState<OutputOf<C, N>>) => {
          // Of several calls the last one counts.
          if (call === calls.current) setState(next)
        }
        show(({ data }) => ({ status: 'pending', data, error: null }))
        try {
          const output = (await client.call(name, input, {
            ...(timeoutMs === undefined ? {} : { timeoutMs }),
            ...callOptions,
            ...(optimistic ? { optimistic: (draft: Draft<C>) => optimistic(draft, input) } : {}),
          })) as OutputOf<C, N>
          show(() => ({ status: 'success', data: output, error: null }))
          latest.current.onSuccess?.(output, input)
          return output
        } catch (thrown) {
          const error = thrown as SightlineError
          show(({ data }) => ({ status: 'error', data, error }))
          latest.current.onError?.(error, input)
          throw error
        }
      },
      [client, name],
    )
    const mutate = useCallback(
      (input: InputOf<C, N>, callOptions?: CallOptions) => {
        mutateAsync(input, callOptions).catch(() => {})
      },
      [mutateAsync],
    )
    const reset = useCallback(() => {
      calls.current++
      setState(idle)
    }, [])
    return { ...state, isPending: state.status === 'pending', mutate, mutateAsync, reset }
  }

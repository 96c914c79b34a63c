import type { Operation } from '@sightline/core'

/** Where REST serves an operation. */
export interface OperationRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below the prefix, as Express writes it. */
  readonly path: string
  /** Fields of the input that stand in the path. */
  readonly fields: readonly string[]
  /** The rest of the input comes from the query string, else from a JSON body. */
  readonly takesQuery: boolean
}

export const operationRoute = (name: string, { http }: Pick<Operation, 'http'>): OperationRoute => {
  const method = (http?.method ?? 'POST').toLowerCase() as OperationRoute['method']
  const path = http?.path ?? `/operations/${name}`
  const fields = http === null ? [] : [...path.matchAll(/:(\w+)/g)].flatMap(([, field]) => field ?? [])
  return { method, path, fields, takesQuery: method === 'get' || method === 'delete' }
}

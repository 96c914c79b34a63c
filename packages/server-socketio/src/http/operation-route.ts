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

/** Every operation has this one, whatever other it has. */
const byName = (name: string): OperationRoute => ({ method: 'post', path: `/operations/${name}`, fields: [], takesQuery: false })

const operationRoute = (name: string, { http }: Pick<Operation, 'http'>): OperationRoute => {
  if (http === null) return byName(name)
  const method = http.method.toLowerCase() as OperationRoute['method']
  const { path } = http
  const fields = [...path.matchAll(/:(\w+)/g)].flatMap(([, field]) => field ?? [])
  return { method, path, fields, takesQuery: method === 'get' || method === 'delete' }
}

/** Its own path first, where it has one. */
export const operationRoutesOf = (name: string, operation: Pick<Operation, 'http'>): readonly OperationRoute[] => {
  const own = operationRoute(name, operation)
  return operation.http === null ? [own] : [own, byName(name)]
}

import { type Operation, type Sightline, SightlineError } from '@sightline/core'
import { type Request, type RequestHandler, Router } from 'express'
import { jsonBody, refusePrototypeKey } from './json-body.ts'
import { isJsonSchema, type JsonSchema, toJsonSchema } from './json-schema.ts'
import { type OperationRoute, operationRoutesOf } from './operation-route.ts'
import { fromQuery, queryOf } from './query-input.ts'
import { contextOf, idempotencyKeyOf } from './request-context.ts'

export interface OperationRoutesOptions {
  readonly sightline: Pick<Sightline, 'call' | 'operations'>
  readonly maxBodyBytes: number
}

const bodyOf = (request: Request, route: OperationRoute): unknown => {
  const body: unknown = request.body ?? {}
  if (route.fields.length === 0) return body
  if (isJsonSchema(body)) return body
  throw new SightlineError('INVALID_INPUT', 'The body must be a JSON object.')
}

const inputOf = (request: Request, route: OperationRoute, schema: JsonSchema): unknown => {
  const rest = route.takesQuery ? fromQuery(queryOf(request), schema) : bodyOf(request, route)
  refusePrototypeKey(rest)
  const fields = Object.fromEntries(route.fields.map((field) => [field, request.params[field]]))
  return isJsonSchema(rest) ? { ...rest, ...fields } : rest
}

const serveOperation = ({
  sightline,
  name,
  operation,
  route,
}: {
  readonly sightline: OperationRoutesOptions['sightline']
  readonly name: string
  readonly operation: Operation
  readonly route: OperationRoute
}): RequestHandler => {
  const schema = toJsonSchema(operation.input, 'input')
  return async (request, response) => {
    const { caller, signal, correlationId } = contextOf(response)
    const input = inputOf(request, route, schema)
    const output = await sightline.call({
      operation: name,
      input,
      as: await caller(),
      signal,
      correlationId,
      ...idempotencyKeyOf(request),
    })
    response.setHeader('Cache-Control', 'no-store')
    if (output === undefined) response.status(204).end()
    else response.json(output)
  }
}

/** REST for every operation of the registry. */
export const operationRoutes = ({ sightline, maxBodyBytes }: OperationRoutesOptions, prefix: string): Router => {
  const router = Router()
  const body = jsonBody(maxBodyBytes)
  const taken = new Map<string, string>()
  const put = (name: string, operation: Operation, route: OperationRoute): void => {
    const at = `${route.method} ${route.path.replace(/:\w+/g, ':')}`
    const other = taken.get(at)
    if (other !== undefined) {
      const message = `is served at ${route.method.toUpperCase()} ${route.path}, where ${other} is`
      throw new SightlineError('INVALID_CONFIG', `The operation ${name} ${message}.`, {
        fields: [{ path: `operations.${name}.http`, message }],
      })
    }
    taken.set(at, name)
    router[route.method](
      `${prefix}${route.path}`,
      ...(route.takesQuery ? [] : body),
      serveOperation({ sightline, name, operation, route }),
    )
  }
  for (const [name, operation] of sightline.operations) {
    for (const route of operationRoutesOf(name, operation)) put(name, operation, route)
  }
  return router
}

import { SightlineError } from '@sightline/core'
import express, { type RequestHandler } from 'express'
import { hasBody } from '../has-body.ts'
import { refuseLongBody, watchBodyLength } from './long-body.ts'

/** `type`, `application/json`, `application/vnd.x+json`. */
const isJson = (contentType: string | undefined): boolean => /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '')

/** `__proto__` as a name of its own, at any depth: whoever copies such an object field by field changes all objects. Null where there is none. */
export const findPrototypeKey = (value: unknown): string | null => {
  const waiting: { readonly value: unknown; readonly path: string }[] = [{ value, path: '' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: found, path } = next
    if (typeof found !== 'object' || found === null) continue
    if (Object.hasOwn(found, '__proto__')) return `${path}__proto__`
    // Paths name where something is wrong; deeper ones help nobody, and would cost their length at every level.
    const prefix = path.length > 200 ? path : null
    for (const [key, inner] of Object.entries(found)) {
      if (typeof inner === 'object') waiting.push({ value: inner, path: prefix ?? `${path}${key}.` })
    }
  }
  return null
}

export const refusePrototypeKey = (input: unknown): void => {
  const path = findPrototypeKey(input)
  if (path === null) return
  const message = 'is not taken as a name'
  throw new SightlineError('INVALID_INPUT', `${path} ${message}.`, { fields: [{ path, message }] })
}

const JSON_ONLY: RequestHandler = (request, _response, next) => {
  if (hasBody(request) && !isJson(request.headers['content-type'])) {
    next(Object.assign(new Error('not JSON'), { status: 415 }))
    return
  }
  next()
}

/** Reads a JSON body into `request.body`, where no other parser of the host's did before. */
export const jsonBody = (maxBodyBytes: number): readonly RequestHandler[] => {
  const parse = express.json({ limit: maxBodyBytes, strict: false, type: ({ headers }) => isJson(headers['content-type']) })
  // The parser refuses what is too long only when it has ended, which it need not.
  const readWithin: RequestHandler = (request, response, next) => {
    const isUnread = hasBody(request) && !request.readableEnded && request.body === undefined
    if (isUnread && Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      refuseLongBody(request, response)
      return
    }
    let isRefused = false
    const refuse = (): void => {
      isRefused = true
      refuseLongBody(request, response)
    }
    if (isUnread) watchBodyLength(request, { maxBytes: maxBodyBytes, onTooLong: refuse })
    parse(request, response, (error?: unknown) => {
      if (!isRefused) next(error)
    })
  }
  return [JSON_ONLY, readWithin]
}

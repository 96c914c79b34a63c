import { createHash } from 'node:crypto'
import { type Sightline, SightlineError } from '@sightline/core'
import { spellName } from '@sightline/core/protocol'
import { type Request, Router } from 'express'
import { refusePrototypeKey } from './json-body.ts'
import { toJsonSchema } from './json-schema.ts'
import { fromQuery, queryOf } from './query-input.ts'
import { contextOf } from './request-context.ts'

/** Weak, because the compressed and the plain body carry the same. */
const entityTag = (body: Buffer): string => `W/"${createHash('sha1').update(body).digest('base64url')}"`

const hasCopy = (request: Request, tag: string): boolean =>
  (request.get('if-none-match') ?? '').split(',').some((candidate) => candidate.trim() === tag || candidate.trim() === '*')

/** `GET <prefix>/topics/<topic>?<params>`: the frame a new subscriber would be answered, so that a first load can come from a cache. */
export const topicRoutes = (sightline: Pick<Sightline, 'read' | 'topics'>, prefix: string): Router => {
  const router = Router()
  router.get(`${prefix}/topics/:topic`, async (request, response) => {
    const { topic } = request.params
    const definition = sightline.topics.get(topic)
    if (definition === undefined) throw new SightlineError('UNKNOWN_TOPIC', `There is no topic ${spellName(topic)}.`)
    const params = definition.params === null ? undefined : fromQuery(queryOf(request), toJsonSchema(definition.params, 'input'))
    refusePrototypeKey(params)
    const frame = await sightline.read({
      topic,
      as: await contextOf(response).caller(),
      ...(params === undefined ? {} : { params }),
    })
    if (frame === null) throw new SightlineError('NOT_FOUND', `The topic ${spellName(topic)} has no data yet.`)
    const body = Buffer.from(JSON.stringify(frame))
    const tag = entityTag(body)
    response.setHeader('ETag', tag)
    // Every reader asks again, and is answered 304 where nothing changed; who may read depends on who asks.
    response.setHeader('Cache-Control', 'private, no-cache')
    response.vary('Authorization, Cookie')
    if (hasCopy(request, tag)) {
      response.status(304).end()
      return
    }
    response.type('application/json').send(body)
  })
  return router
}

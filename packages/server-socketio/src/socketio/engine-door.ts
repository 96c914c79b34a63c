import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Server as EngineServer } from 'engine.io'
import type { OriginPolicy } from '../origin-policy.ts'
import { isFollowUp } from './follow-up.ts'
import { type Refusal, refuseRequest, refuseUpgrade } from './refusal.ts'

/** Where requests come in: polls and upgrades alike are asked for their origin. */
export interface EngineDoor {
  handleRequest(request: IncomingMessage, response: ServerResponse): void
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export interface EngineDoorOptions {
  readonly engine: EngineServer
  readonly originOf: OriginPolicy
  isClosing(): boolean
  /** An upgrade that is let in. */
  onUpgrade(socket: Duplex): void
}

type EngineRequest = Parameters<EngineServer['handleRequest']>[0]

const SHUTTING_DOWN: Refusal = { status: 503, code: 'UNAVAILABLE', message: 'The server is shutting down.' }
const BODY_GONE: Refusal = {
  status: 400,
  code: 'INVALID_INPUT',
  message: 'The body was read before it came here: mount Sightline before body parsers.',
}
const foreign = (message: string): Refusal => ({ status: 403, code: 'FORBIDDEN', message })

const allowOrigin = (response: ServerResponse, origin: string): void => {
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Vary', 'Origin')
}

const answerPreflight = (response: ServerResponse): void => {
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
  response.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization')
  response.writeHead(204).end()
}

export const createEngineDoor = ({ engine, originOf, isClosing, onUpgrade }: EngineDoorOptions): EngineDoor => ({
  handleRequest: (request, response) => {
    const verdict = originOf(request.headers)
    // Who is connected asks once more, to be told that it is over.
    if (isClosing() && !isFollowUp(request.url)) refuseRequest(request, response, SHUTTING_DOWN)
    else if (!verdict.ok) refuseRequest(request, response, foreign(verdict.reason))
    else {
      if (verdict.allowed !== null) allowOrigin(response, verdict.allowed)
      if (request.method === 'OPTIONS') answerPreflight(response)
      else if (request.method === 'POST' && request.readableEnded) refuseRequest(request, response, BODY_GONE)
      else engine.handleRequest(request as EngineRequest, response)
    }
  },
  handleUpgrade: (request, socket, head) => {
    const verdict = originOf(request.headers)
    if (isClosing()) refuseUpgrade(request, socket, SHUTTING_DOWN)
    else if (!verdict.ok) refuseUpgrade(request, socket, foreign(verdict.reason))
    else {
      onUpgrade(socket)
      engine.handleUpgrade(request as EngineRequest, socket, head)
    }
  },
})

import type { Request, Response } from 'express'
import { prepareProblem } from './problem.ts'

/** How long, and for how many bytes, whoever is still sending is left to read that it is in vain: a closed socket would take the answer along. */
const LINGER_MS = 1_000
const LINGER_BYTES = 1_048_576

/** 413, and the end of the connection. */
export const refuseLongBody = (request: Request, response: Response): void => {
  response.setHeader('Connection', 'close')
  const text = prepareProblem(response, { code: 'TOO_LARGE', message: 'The body is too large.' })
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.write(text)

  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS)
  let lingeredBytes = 0
  request.on('data', (piece: Buffer) => {
    lingeredBytes += piece.length
    if (lingeredBytes > LINGER_BYTES) end()
  })
  request.once('end', end)
  request.once('close', end)
}

/** Calls `onTooLong`, once, when more has come than may. */
export const watchBodyLength = (
  request: Request,
  { maxBytes, onTooLong }: { readonly maxBytes: number; onTooLong(): void },
): void => {
  let bytes = 0
  const count = (piece: Buffer): void => {
    bytes += piece.length
    if (bytes <= maxBytes) return
    request.off('data', count)
    onTooLong()
  }
  request.on('data', count)
}

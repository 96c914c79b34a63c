import { extname } from 'node:path'
import { type Request, type RequestHandler, static as serveFiles } from 'express'
import { hasHashedName } from './hashed-name.ts'
import { ONE_YEAR_SECONDS } from './one-year.ts'

/** What a build may leave beside `index-B4xK9_aZ.js`, the smallest first: `index-B4xK9_aZ.js.br`. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

const isAsked = ({ method, path }: Request): boolean => (method === 'GET' || method === 'HEAD') && hasHashedName(path)

/**
 * Files that were compressed when they were built, as small as can be: compressing them for every request anew would hold up a first load.
 * Only names with a hash are looked for: what lies beside a file of another name may be older than the file.
 */
export const encodedFiles = (folder: string): readonly RequestHandler[] =>
  ENCODINGS.map(({ name, ending }) => {
    const files = serveFiles(folder, {
      dotfiles: 'ignore',
      redirect: false,
      setHeaders: (response, path) => {
        response.type(extname(path.slice(0, -ending.length)))
        response.setHeader('Content-Encoding', name)
        response.setHeader('Cache-Control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
        response.vary('Accept-Encoding')
      },
    })
    return (request, response, next) => {
      if (!isAsked(request) || request.acceptsEncodings(name) !== name) {
        next()
        return
      }
      const { url } = request
      request.url = request.path + ending
      files(request, response, (error) => {
        // A range that cannot be given is a problem, in plain text.
        response.removeHeader('Content-Encoding')
        next(error)
      })
      request.url = url
    }
  })

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Request, type RequestHandler, Router, static as serveFiles } from 'express'
import { encodedFiles } from './encoded-files.ts'
import { hasHashedName } from './hashed-name.ts'
import { ONE_YEAR_SECONDS } from './one-year.ts'

/** The pattern of the one route all files have. */
export const ANY_FILE = '/{*file}'

/**
 * Does the browser want a page? Scripts, images and API calls that are not found are not found. A page's own name may end like a file's (a
 * region `eu.west`): only a browser that says it is opening a page gets one there.
 */
const wantsPage = ({ method, path, headers }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  (headers['sec-fetch-dest'] === 'document' || !/\.\w+$/.test(path)) &&
  path !== '/api' &&
  !path.startsWith('/api/') &&
  (headers.accept ?? '').includes('text/html')

/** Where the page's own addresses begin: an `index.html` that says `<base href="/">` is told its real one. */
const BASE = /<base href="\/"\s*\/?>/

/**
 * Below a mount, its path. Alone, the way up from the page that was asked for: right as well behind a proxy that takes a prefix off, of
 * which this server knows nothing.
 */
const toBase = (mount: string, path: string): string => {
  if (mount !== '') return `${mount}/`
  return '../'.repeat(path.split('/').length - 2) || './'
}

const isIndex = ({ method, path }: Request): boolean =>
  (method === 'GET' || method === 'HEAD') && (path === '/' || path === '/index.html')

/** The files of a folder below `mount` (empty where the server stands alone); a page that is no file is `index.html`, whose script knows its own routes. */
export const staticFiles = (folder: string, mount: string): Router => {
  const router = Router()
  const files = serveFiles(folder, {
    dotfiles: 'ignore',
    redirect: false,
    setHeaders: (response, path) => {
      response.setHeader('Cache-Control', hasHashedName(path) ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : 'no-cache')
    },
  })
  const index: RequestHandler = async (request, response, next) => {
    const html = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null)
    if (html === null) {
      next()
      return
    }
    response.setHeader('Cache-Control', 'no-cache')
    response.type('html').send(html.replace(BASE, `<base href="${toBase(mount, request.path)}" />`))
  }
  router.get(ANY_FILE, ...encodedFiles(folder))
  router.get(ANY_FILE, (request, response, next) => (isIndex(request) ? index : files)(request, response, next))
  router.get(ANY_FILE, (request, response, next) => {
    if (wantsPage(request)) void index(request, response, next)
    else next()
  })
  return router
}

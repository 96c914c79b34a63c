import { type Request, type RequestHandler, Router, static as serveFiles } from 'express'

/** Names with a hash in them (`index-B4xK9_aZ.js`) never change their content. */
const HASHED = /[-.][\w-]{8,}\.\w+$/
const ONE_YEAR_SECONDS = 31_536_000

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

/** The files of a folder; a page that is no file is `index.html`, whose script knows its own routes. */
export const staticFiles = (folder: string): Router => {
  const router = Router()
  const files = serveFiles(folder, {
    dotfiles: 'ignore',
    redirect: false,
    setHeaders: (response, path) => {
      const isHashed = HASHED.test(path) && !path.endsWith('.html')
      response.setHeader('Cache-Control', isHashed ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : 'no-cache')
    },
  })
  const page: RequestHandler = (request, response, next) => {
    if (!wantsPage(request)) {
      next()
      return
    }
    response.setHeader('Cache-Control', 'no-cache')
    response.sendFile('index.html', { root: folder, cacheControl: false }, (error) => {
      if (error) next(response.headersSent ? undefined : error)
    })
  }
  router.get('/{*file}', files, page)
  return router
}

import { fileURLToPath } from 'node:url'

/**
 * The folder of the dashboard's built files, for `serve`. Their addresses are relative: they work below any path.
 *
 * @example
 * const web = serve(sightline, { path: '/sightline', static: dashboardFolder })
 */
export const dashboardFolder: string = fileURLToPath(new URL('../dist/page', import.meta.url))

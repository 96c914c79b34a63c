export type OpenApiPaths = Record<string, Record<string, unknown>>

const get = (summary: string, responses: Readonly<Record<string, string>>): Record<string, unknown> => ({
  get: {
    tags: ['system'],
    summary,
    responses: Object.fromEntries(Object.entries(responses).map(([status, description]) => [status, { description }])),
  },
})

const HEALTH = { '200': 'Healthy or degraded.', '503': 'Unhealthy.' }

const LIVE = get('Does the process serve? Also with storage away.', { '200': 'It does.' })
const READY = get('May it be sent traffic?', { '200': 'It may.', '503': 'Before the first load, or while draining.' })
const DETAILED = get('Every dependency, asked just now.', HEALTH)
const PROMETHEUS = get('Prometheus text; needs a token or the permission system:metrics.', {
  '200': 'The text.',
  '401': 'Neither.',
  '403': 'No permission.',
})

/** The system endpoints, for OpenAPI. */
export const systemPaths = ({
  metricsPath,
  hasIndex,
}: {
  readonly metricsPath: string
  readonly hasIndex: boolean
}): OpenApiPaths => ({
  ...(hasIndex ? { '/': get('Where everything is.', { '200': 'Links.' }) } : {}),
  '/health': get('Is it well? For load balancers.', HEALTH),
  '/health/detailed': DETAILED,
  '/health/live': LIVE,
  '/health/ready': READY,
  '/api/v1/health': get('Is it well?', HEALTH),
  '/api/v1/health/detailed': DETAILED,
  '/api/v1/health/live': LIVE,
  '/api/v1/health/ready': READY,
  '/api/v1/status': get('Counts, and the last poll of every target.', { '200': 'The counts.' }),
  '/api/v1/version': get('What runs.', { '200': 'Name, version, commit and Node.js.' }),
  '/api/v1/info': get('What is safe to show of the configuration.', { '200': 'Apis, regions, adapters and features.' }),
  '/api/v1/openapi.json': get('This document.', { '200': 'OpenAPI 3.1.' }),
  '/api/v1/metrics': get('Metrics are pushed over Socket.IO.', { '426': 'Names the Socket.IO path and its events.' }),
  '/api/v1/metrics/{region}': {
    ...get('Metrics are pushed over Socket.IO.', { '426': 'Names the Socket.IO path and its events.' }),
    parameters: [{ name: 'region', in: 'path', required: true, schema: { type: 'string' } }],
  },
  [metricsPath]: PROMETHEUS,
  '/api/metrics': PROMETHEUS,
})

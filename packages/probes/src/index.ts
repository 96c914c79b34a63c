export { type HttpMethod, type HttpProbeOptions, type HttpTlsOptions, parseHttpProbeOptions } from './http/http-options.ts'
export { type HttpProbeResources, httpProbe, httpProbeKind } from './http/http-probe.ts'

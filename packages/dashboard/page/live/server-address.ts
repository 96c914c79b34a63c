/** Where the server is, from the page's own base: `/` where it stands alone, `/sightline/` below a host's path. */
export const serverAddress = (baseUri: string) => {
  const { pathname } = new URL('.', baseUri)
  return {
    /** For the router: the path that all pages share. */
    basePath: pathname,
    /** For the client. */
    url: pathname.replace(/\/$/, ''),
    /** The path of an endpoint: `api/v1/info`. */
    pathOf: (endpoint: string): string => `${pathname}${endpoint}`,
  }
}

export const server = serverAddress(document.baseURI)

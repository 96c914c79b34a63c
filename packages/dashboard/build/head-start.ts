import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Plugin, Rolldown } from 'vite'

export interface HeadStartOptions {
  /** The module of each page, below the root, by a pattern of its path below the page's base: `^services$`. */
  readonly pages: Readonly<Record<string, string>>
  /** What every page asks for first, below its base. */
  readonly data: readonly string[]
}

type Bundle = Rolldown.OutputBundle

const isChunk = (output: Bundle[string] | undefined): output is Rolldown.OutputChunk => output?.type === 'chunk'

/** A chunk and all that it imports. */
const chunksFrom = (bundle: Bundle, fileName: string, found = new Set<string>()): ReadonlySet<string> => {
  const chunk = bundle[fileName]
  if (!isChunk(chunk) || found.has(fileName)) return found
  found.add(fileName)
  for (const imported of chunk.imports) chunksFrom(bundle, imported, found)
  return found
}

/** Per pattern, what its page loads beside what every page loads. */
const filesByPage = (bundle: Bundle, { pages, root }: { readonly pages: HeadStartOptions['pages']; readonly root: string }) => {
  const chunks = Object.values(bundle).filter(isChunk)
  const entry = chunks.find(({ isEntry }) => isEntry)
  const first = entry === undefined ? new Set() : chunksFrom(bundle, entry.fileName)
  return Object.entries(pages).map(([pattern, module]): readonly [string, readonly string[]] => {
    const page = chunks.find(({ facadeModuleId }) => facadeModuleId === path.join(root, module))
    if (page === undefined) throw new Error(`No chunk is made of ${module}.`)
    return [pattern, [...chunksFrom(bundle, page.fileName)].filter((file) => !first.has(file))]
  })
}

/** The page's policy allows no inline script, so it is a file. */
const scriptOf = (files: readonly (readonly [string, readonly string[]])[]): string => `{
const path = location.pathname.slice(new URL('.', document.baseURI).pathname.length)
for (const [pattern, files] of ${JSON.stringify(files)})
if (new RegExp(pattern).test(path)) for (const href of files)
document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', crossOrigin: '', href }))
}
`

/**
 * Lets a browser ask at once for what it would only find out later that it needs: the script of the page at this address, and the data that
 * every page begins with.
 */
export const headStart = ({ pages, data }: HeadStartOptions): Plugin => {
  let root = ''
  return {
    name: 'head-start',
    apply: 'build',
    enforce: 'post',
    configResolved: (config) => {
      root = config.root
    },
    generateBundle: {
      // After the one that writes index.html.
      order: 'post',
      handler(_options, bundle) {
        const html = bundle['index.html']
        if (html?.type !== 'asset') throw new Error('There is no index.html.')
        const source = scriptOf(filesByPage(bundle, { pages, root }))
        const fileName = `assets/head-start-${createHash('sha256').update(source).digest('base64url').slice(0, 8)}.js`
        this.emitFile({ type: 'asset', fileName, source })
        html.source = String(html.source)
          .replace(/(?=\n\s*<script type="module")/, `\n    <script async fetchpriority="high" src="./${fileName}"></script>`)
          .replace(
            /(?=\n\s*<\/head>)/,
            data.map((href) => `\n    <link rel="preload" as="fetch" crossorigin href="./${href}">`).join(''),
          )
      },
    },
  }
}

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below this a file gains nothing: it fits a packet as it is. */
const SMALLEST_BYTES = 1_024

const COMPRESSIBLE = /\.(js|css)$/

const ENCODINGS = [
  {
    ending: '.br',
    compress: (bytes: Buffer) =>
      promisify(brotliCompress)(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
  },
  { ending: '.gz', compress: (bytes: Buffer) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }) },
]

/** Leaves each script and style sheet compressed beside itself, for the server to send as it is. */
export const compressedFiles = (): Plugin => ({
  name: 'compressed-files',
  apply: 'build',
  writeBundle: {
    // What other plugins write must be there.
    order: 'post',
    async handler({ dir = '' }, bundle) {
      for (const { fileName } of Object.values(bundle)) {
        if (!COMPRESSIBLE.test(fileName)) continue
        const file = path.join(dir, fileName)
        const bytes = await readFile(file)
        if (bytes.length < SMALLEST_BYTES) continue
        await Promise.all(ENCODINGS.map(async ({ ending, compress }) => writeFile(`${file}${ending}`, await compress(bytes))))
      }
    },
  },
})

import { defineConfig } from 'tsup'

/** How every published package is built: ESM and its declarations, entry files named as their sources. `clean: false` leaves `dist` to others too. */
export const library = (entry: readonly string[], { clean = true }: { readonly clean?: boolean } = {}) =>
  defineConfig({
    entry: [...entry],
    format: ['esm'],
    target: 'node22',
    platform: 'neutral',
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: ['@sightline/source'] } },
    sourcemap: true,
    clean,
    // tsup would turn `node:sqlite` into `sqlite`, which does not exist.
    removeNodeProtocol: false,
    external: [/^node:/, /^@sightline\//],
  })

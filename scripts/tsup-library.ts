import { defineConfig } from 'tsup'

/** How every published package is built: ESM and its declarations, entry files named as their sources. */
export const library = (entry: readonly string[]) =>
  defineConfig({
    entry: [...entry],
    format: ['esm'],
    target: 'node22',
    platform: 'neutral',
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: ['@sightline/source'] } },
    sourcemap: true,
    clean: true,
    // tsup would turn `node:sqlite` into `sqlite`, which does not exist.
    removeNodeProtocol: false,
    external: [/^node:/, /^@sightline\//],
  })

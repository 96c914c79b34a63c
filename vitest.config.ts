import { defineConfig } from 'vitest/config'

// Workspace packages are tested from their sources: the export condition `@sightline/source` names them. Vite adds `import` and
// `default` where they apply; named here they would go to Node.js too, and have `require` load ES modules in place of CommonJS.
const conditions = ['@sightline/source', 'module', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.{ts,tsx}', 'examples/*/test/**/*.test.{ts,tsx}', 'scripts/test/**/*.test.ts'],
    // Generous: these bound what hangs, and machines under load are slow.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What ran out of time on a machine that is shared says little: it is tried once more, and the report says so. Nothing else is.
    retry: { count: 1, condition: /timed out|did not happen within|not within \d+ m?s/i },
    // What tests that pass print would bury what matters.
    silent: 'passed-only',
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['packages/core/src/**'],
      reporter: ['json-summary', 'lcovonly', 'html'],
      reportsDirectory: 'reports/coverage',
      reportOnFailure: true,
      // The floor is held by scripts/checks/coverage.ts, as checks of their own.
    },
  },
})

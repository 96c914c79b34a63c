/**
 * Imports point inward (docs/architecture.md): react-hooks → client → core/protocol; every other package imports core and
 * never a sibling; core stands alone. scripts/test/dependency-rules.test.ts shows for each rule an import that breaks it.
 */
'use strict'

/** Sources of the packages that plug into core. */
const plugged = '^packages/(?!core/|client/|react-hooks/|cli/)([^/]+)/src/'

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Modules that import each other cannot be understood, tested or loaded one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'What is imported must exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-stands-alone',
      comment: 'Core decides everything and imports no other package of the workspace.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { path: '^(packages/(?!core/)|examples/|bench/|scripts/)' },
    },
    {
      name: 'core-few-libraries',
      comment: 'Core imports eventemitter3, zod, croner and @opentelemetry/api, and no other library.',
      severity: 'error',
      from: { path: '^packages/core/src/' },
      to: { path: 'node_modules/', pathNot: 'node_modules/(eventemitter3|zod|croner|@opentelemetry/api)/' },
    },
    {
      name: 'core-no-node',
      comment: 'Core does no I/O and runs anywhere; only the digest takes SHA-1 from Node.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: '^packages/core/src/changes/digest\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ports-are-contracts',
      comment: 'A port imports ports, wire types, plain data and errors; never what implements or uses it.',
      severity: 'error',
      from: { path: '^packages/core/src/ports/' },
      to: { path: '^packages/core/src/', pathNot: '^packages/core/src/(ports/|protocol/|domain/|errors\\.ts$)' },
    },
    {
      name: 'protocol-is-browser-safe',
      comment: 'Wire names and payloads load in a browser: they never reach the one file that needs Node.',
      severity: 'error',
      from: { path: '^packages/core/src/protocol/' },
      to: { path: '^packages/core/src/changes/digest\\.ts$', reachable: true },
    },
    {
      name: 'adapters-import-core-only',
      comment: 'Adapters, server, probes, notifiers and the conformance suites import core, never each other.',
      severity: 'error',
      from: { path: plugged },
      to: { path: '^packages/(?!core/)', pathNot: '^packages/$1/' },
    },
    {
      name: 'client-imports-protocol-only',
      comment: 'At run time the client takes nothing from core but its protocol; types come from anywhere in core.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: {
        path: '^packages/core/src/',
        pathNot: '^packages/core/src/(protocol/|errors\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'client-imports-core-only',
      comment: 'The client knows no server and no hooks.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { path: '^packages/(?!core/|client/)' },
    },
    {
      name: 'hooks-import-client-only',
      comment: 'Hooks stand on the client and its protocol; of core they take the protocol and types.',
      severity: 'error',
      from: { path: '^packages/react-hooks/src/' },
      to: {
        path: '^packages/(?!react-hooks/)',
        pathNot: '^packages/(client/src/|core/src/(protocol/|errors\\.ts$))',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'page-imports-client-only',
      comment: 'The dashboard is built from what everybody has: client, hooks, protocol.',
      severity: 'error',
      from: { path: '^packages/dashboard/page/' },
      to: {
        path: '^packages/(?!dashboard/page/)',
        pathNot: '^packages/(client/src/|react-hooks/src/|core/src/(protocol/|errors\\.ts$))',
      },
    },
    {
      name: 'browser-no-node',
      comment: 'Client, hooks and the dashboard run in a browser.',
      severity: 'error',
      from: { path: '^packages/((client|react-hooks)/src|dashboard/page)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'packages-by-name',
      comment: 'A package is imported by its name, through its exports, never by a path into its folder. Tests may look inside.',
      severity: 'error',
      from: { path: '^((?:packages|examples)/[^/]+|bench|scripts)/', pathNot: '/test/' },
      // A bench measures the pure cores and single rooms alone.
      to: {
        path: '^(packages|examples)/[^/]+/',
        pathNot:
          '^($1|packages/core/src/(changes|samples|logs|rules|services|evaluation|operations|leadership|emitter))(/|\\.ts$|$)',
        dependencyTypes: ['local'],
      },
    },
    {
      name: 'no-test-in-source',
      comment: 'Sources import no test.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/' },
      to: { path: '^(packages|examples)/[^/]+/test/|\\.test\\.tsx?$' },
    },
    {
      name: 'no-undeclared-library',
      comment: 'A published package declares every library it imports.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-library',
      comment: 'A published package imports nothing that its users will not have.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'no-deprecated-node',
      comment: 'Node modules that are deprecated.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['core'], path: '^(punycode|domain|constants|sys|_linklist|_stream_wrap)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|reports)/|^scripts/consumer/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@sightline/source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.cjs', '.json', '.d.ts', '.css'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
    skipAnalysisNotInRules: false,
  },
}

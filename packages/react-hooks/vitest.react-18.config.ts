import { createRequire } from 'node:module'
import path from 'node:path'
import { defineConfig, mergeConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

const require = createRequire(import.meta.url)
const [react, reactDom] = ['react-18', 'react-dom-18'].map((name) => path.dirname(require.resolve(`${name}/package.json`)))

/** The same tests as in the workspace's run, with React 18 in place of 19. */
export default mergeConfig(
  { ...workspace, test: { ...workspace.test, include: [] } },
  defineConfig({
    root: import.meta.dirname,
    resolve: {
      alias: [
        { find: /^react$/, replacement: `${react}/index.js` },
        { find: /^react\/(.+)$/, replacement: `${react}/$1.js` },
        { find: /^react-dom$/, replacement: `${reactDom}/index.js` },
        { find: /^react-dom\/(.+)$/, replacement: `${reactDom}/$1.js` },
      ],
    },
    test: {
      name: 'react-18',
      include: ['test/**/*.test.tsx'],
      // What Node.js loads itself (Testing Library, TanStack Query, react-dom) asks for `react` too.
      execArgv: ['--import', new URL('./test/react-18/register.mjs', import.meta.url).href],
      env: { REACT_MAJOR: '18' },
    },
  }),
)

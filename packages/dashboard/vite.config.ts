import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Rolldown } from 'vite'
import { compressedFiles } from './build/compressed-files.ts'
import { headStart } from './build/head-start.ts'

const server = `http://127.0.0.1:${process.env.SERVER_PORT || 5000}`

/** Plots and dialogs are large, and are loaded where there are some. */
const SHARED = /\/dashboard\/page\/(?!charts\/|.*(dialog|confirm-button))|\/lucide-react\//

/** A first load asks for few files: sixty small ones cost it more than they save. */
const chunks: Rolldown.CodeSplittingGroup[] = [
  { name: 'libraries', tags: ['$initial'], test: /\/node_modules\/|\/packages\/(client|core|react-hooks)\//, priority: 2 },
  { name: 'shared', minShareCount: 2, test: SHARED, priority: 1 },
]

/** As router.tsx has them; the page of `/` comes with the entry. */
const pages = {
  '^regions/.': 'region/region-page.tsx',
  '^pollers$': 'pollers/pollers-page.tsx',
  '^services$': 'services/services-page.tsx',
  '^services/.': 'service/service-page.tsx',
  '^incidents$': 'incidents/incidents-page.tsx',
  '^incidents/.': 'incident/incident-page.tsx',
  '^logs$': 'logs/logs-page.tsx',
  '^alerts$': 'alerts/alerts-page.tsx',
}

/** As live/first-load.ts asks for them. */
const data = ['api/v1/topics/services', 'api/v1/topics/regions']

export default defineConfig(({ command }) => {
  // What is built is what is served, whatever the shell that builds it calls itself: React has a slower build for the rest.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return {
    root: 'page',
    // The page finds its files beside itself, whatever path it is served below.
    base: './',
    plugins: [react(), tailwindcss(), headStart({ pages, data }), compressedFiles()],
    resolve: { conditions: ['@sightline/source', 'module', 'browser', 'development|production'] },
    build: {
      outDir: '../dist/page',
      emptyOutDir: true,
      // The page runs under `default-src 'self'`: nothing may be inlined as a data: URL.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      rolldownOptions: { output: { codeSplitting: { groups: chunks } } },
    },
    server: {
      port: 5173,
      strictPort: true,
      proxy: { '/api': server, '/health': server, '/socket.io': { target: server, ws: true } },
    },
  }
})

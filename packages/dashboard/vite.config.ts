import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressedFiles } from './build/compressed-files.ts'

const server = `http://127.0.0.1:${process.env.SERVER_PORT || 5000}`

/** Plots are large, and are loaded where there are some. */
const SHARED = /\/dashboard\/page\/(?!.*plot)|\/lucide-react\//

export default defineConfig(({ command }) => {
  // What is built is what is served, whatever the shell that builds it calls itself: React has a slower build for the rest.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return {
    root: 'page',
    // The page finds its files beside itself, whatever path it is served below.
    base: './',
    plugins: [react(), tailwindcss(), compressedFiles()],
    resolve: { conditions: ['@sightline/source', 'module', 'browser', 'development|production'] },
    build: {
      outDir: '../dist/page',
      emptyOutDir: true,
      // The page runs under `default-src 'self'`: nothing may be inlined as a data: URL.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      // Of our own and of the icons, what several pages share comes in one file: sixty small ones cost a first load more than they save.
      rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, test: SHARED }] } } },
    },
    server: {
      port: 5173,
      strictPort: true,
      proxy: { '/api': server, '/health': server, '/socket.io': { target: server, ws: true } },
    },
  }
})

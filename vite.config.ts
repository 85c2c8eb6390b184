import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Whoever builds it: in a build for tests, as one that a test starts would be, React Aria lays out no lists.
process.env.NODE_ENV = 'production'

/** Builds the browser page (canvas editor + panel) into dist/panel, from where the bridge server serves it. */
export default defineConfig({
  root: 'plugin',
  plugins: [react()],
  build: { outDir: '../dist/panel', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 3000 }
})

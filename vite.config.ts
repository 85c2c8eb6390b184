import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Builds the browser page (canvas editor + panel) into dist/panel, from where the bridge server serves it. */
export default defineConfig({
  root: 'plugin',
  plugins: [react()],
  build: { outDir: '../dist/panel', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 3000 }
})

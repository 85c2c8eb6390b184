import react from '@vitejs/plugin-react'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type PluginOption, type Rolldown } from 'vite'

const plugin = path.resolve(import.meta.dirname, '..')

/** The oldest engines a page may meet: WebKit of macOS 12, and Chromium, which is always newer. */
const pageTarget = ['es2022', 'safari15.4', 'chrome110']

/**
 * What makes the schemas of protocol/: the plugin uses their types only, and the library behind them needs more than
 * Photoshop's script engine has.
 */
const schemas = ['Struct', 'Text', 'Integer', 'Literal', 'Union', 'List', 'Optional', 'Num', 'Flag', 'Null']

/** The script for Photoshop's own engine: one classic file, with nothing but Photoshop's modules left to require. */
export async function buildHost(): Promise<string> {
  const [chunk] = await built({
    input: path.join(plugin, 'entries/photoshop-host.ts'),
    target: ['es2022'],
    plugins: []
  })
  if (chunk === undefined) throw new Error('Bug: the host script was not built')
  return chunk.code
}

/** The panel's page with everything in it: a page of a plugin cannot load modules in every version. */
export async function buildPage(): Promise<string> {
  const outputs = await built({
    input: path.join(plugin, 'entries/photoshop-panel.tsx'),
    target: pageTarget,
    plugins: react()
  })
  const [script] = outputs
  if (script === undefined) throw new Error('Bug: the page was not built')
  const page = readFileSync(path.join(plugin, 'photoshop-panel.html'), 'utf8')
  return page
    .replace('</head>', () => `<style>${script.css.replaceAll('</style', '<\\/style')}</style></head>`)
    .replace(/<script type="module".*<\/script>/, () => `<script>${escaped(script.code)}</script>`)
}

/** Inside of an html page, `</script` ends a script also where it stands in a text. */
const escaped = (code: string): string => code.replaceAll('</script', '<\\/script')

interface Built {
  readonly code: string
  readonly css: string
}

async function built({
  input,
  target,
  plugins
}: {
  readonly input: string
  readonly target: string[]
  readonly plugins: PluginOption[]
}): Promise<readonly Built[]> {
  const result = await build({
    configFile: false,
    root: plugin,
    logLevel: 'warn',
    plugins,
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      cssCodeSplit: false,
      chunkSizeWarningLimit: 4000,
      modulePreload: false,
      rolldownOptions: {
        input,
        external: ['photoshop', 'uxp'],
        treeshake: {
          manualPureFunctions: schemas,
          moduleSideEffects: [{ test: /node_modules.typebox/, sideEffects: false }]
        },
        output: { format: 'iife', codeSplitting: false }
      }
    }
  })
  const { output } = Array.isArray(result)
    ? (result[0] ?? { output: [] })
    : (result as Rolldown.RolldownOutput)
  const css = output
    .map((file) => (file.type === 'asset' && file.fileName.endsWith('.css') ? String(file.source) : ''))
    .join('')
  return output.flatMap((file) => (file.type === 'chunk' ? [{ code: file.code, css }] : []))
}

import type { Photoshop } from '../hosts/photoshop/photoshop-api.ts'
import type { PluginSocket } from '../hosts/photoshop/network.ts'
import type { HostDocumentNode, Uxp, WebViewMessage } from '../hosts/photoshop/uxp-api.ts'
import { startPlugin } from './photoshop-plugin.ts'

// The script of the plugin, in Photoshop's own script engine: no React, no page, and the only code that reaches Photoshop.

interface PluginModules {
  readonly photoshop: Photoshop
  readonly uxp: Uxp
}
interface PluginGlobals {
  readonly require: <Name extends keyof PluginModules>(name: Name) => PluginModules[Name]
  readonly document: HostDocumentNode
  readonly WebSocket: new (url: string) => PluginSocket
  readonly addEventListener: (type: 'message', listener: (event: WebViewMessage) => void) => void
}
declare const require: PluginGlobals['require']
declare const document: HostDocumentNode
declare const WebSocket: PluginGlobals['WebSocket']
declare const window: Pick<PluginGlobals, 'addEventListener'>

startPlugin({
  photoshop: require('photoshop'),
  uxp: require('uxp'),
  document,
  localStorage,
  fetch: (url, init) => fetch(url, init),
  connect: (url) => new WebSocket(url),
  onMessage: (listener) => window.addEventListener('message', listener),
  copy: (text) => navigator.clipboard.writeText(text),
  paste: () => navigator.clipboard.readText(),
  newId: () => crypto.randomUUID(),
  random: Math.random,
  now: Date.now,
  later: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds)
    return () => clearTimeout(timer)
  }
})

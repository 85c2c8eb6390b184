/** The members of `require('uxp')` (8.0) and of the plugin's global scope that Marquee uses. */
export interface Uxp {
  readonly entrypoints: {
    setup(entries: {
      readonly panels: Readonly<Record<string, { show(root: RootNode): void }>>
      readonly commands: Readonly<Record<string, { run(): void }>>
    }): void
  }
  readonly storage: { readonly secureStorage: SecureStorage }
  readonly host: { readonly name: string; readonly version: string; readonly uiLocale: string }
  readonly versions: { readonly uxp: string; readonly plugin: string }
}

export interface SecureStorage {
  setItem(key: string, value: string): Promise<void>
  /** Empty or null where there is none. */
  getItem(key: string): Promise<Uint8Array | null>
  removeItem(key: string): Promise<void>
}

export interface RootNode {
  appendChild(child: WebView): unknown
}

/** An element that shows a page of the plugin in the system's own browser engine. Messages travel as JSON. */
export interface WebView {
  setAttribute(name: string, value: string): void
  postMessage(message: unknown): void
}

export interface HostDocumentNode {
  createElement(name: 'webview'): WebView
  /** Documented for other hosts of UXP only. */
  readonly theme?: {
    getCurrent(): string
    readonly onUpdated: { addListener(listener: (theme: string) => void): void }
  }
}

/** What the host page's `message` events carry. */
export interface WebViewMessage {
  readonly data: unknown
  readonly origin: string
  readonly source: unknown
}

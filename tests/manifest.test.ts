import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Array as List, Integer, Literal, Object as Struct, Optional, String as Text, Union } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8'))

const closed = { additionalProperties: false }
const Extent = Struct({ width: Integer({ minimum: 1 }), height: Integer({ minimum: 1 }) }, closed)
const themes = ['all', 'lightest', 'light', 'medium', 'dark', 'darkest'] as const
const Icon = Struct(
  {
    width: Integer({ minimum: 1 }),
    height: Integer({ minimum: 1 }),
    path: Text({ pattern: '^[\\w\\-. /]+\\.(png|jpg|jpeg|svg)$' }),
    scale: List(Union([Literal(1), Literal(1.5), Literal(2)]), { minItems: 1 }),
    theme: List(Union(themes.map((theme) => Literal(theme))), { minItems: 1 }),
    species: Optional(List(Text()))
  },
  closed
)
/** The parts of UXP's manifest, version 5, that a Photoshop panel with a webview uses. */
const Manifest = Struct(
  {
    manifestVersion: Literal(5),
    id: Text({ pattern: '^[\\w.\\-]{3,}$' }),
    name: Text({ minLength: 3, maxLength: 45 }),
    version: Text({ pattern: '^\\d{1,2}\\.\\d{1,2}\\.\\d{1,2}$' }),
    main: Text({ pattern: '^[^/@].*\\.html$' }),
    host: Struct(
      {
        app: Literal('PS'),
        minVersion: Text({ pattern: '^\\d+\\.\\d+(\\.\\d+)?$' }),
        data: Struct(
          { apiVersion: Literal(2), loadEvent: Union([Literal('use'), Literal('startup')]) },
          closed
        )
      },
      closed
    ),
    entrypoints: List(
      Union([
        Struct(
          {
            type: Literal('panel'),
            id: Text({ minLength: 1 }),
            label: Struct({ default: Text({ minLength: 1 }) }, closed),
            minimumSize: Extent,
            maximumSize: Extent,
            preferredDockedSize: Extent,
            preferredFloatingSize: Extent,
            icons: List(Icon, { minItems: 1 })
          },
          closed
        ),
        Struct(
          {
            type: Literal('command'),
            id: Text({ minLength: 1 }),
            label: Struct({ default: Text({ minLength: 1 }) }, closed)
          },
          closed
        )
      ]),
      { minItems: 1 }
    ),
    icons: List(Icon, { minItems: 1 }),
    requiredPermissions: Struct(
      {
        network: Struct({ domains: List(Text({ pattern: '^(http|ws)://localhost:\\d+$' })) }, closed),
        webview: Struct(
          {
            allow: Literal('yes'),
            allowLocalRendering: Literal('yes'),
            domains: List(Text(), { maxItems: 0 }),
            enableMessageBridge: Literal('localOnly')
          },
          closed
        ),
        clipboard: Literal('readAndWrite'),
        localFileSystem: Literal('plugin')
      },
      closed
    )
  },
  closed
)

describe('manifest.json', () => {
  it('is a valid UXP manifest of version 5', () => {
    expect([...Value.Errors(Manifest, manifest)]).toEqual([])
  })

  it('names icons that exist at every scale', () => {
    if (!Value.Check(Manifest, manifest)) throw new Error('the manifest is not valid')
    const icons = [
      ...manifest.icons,
      ...manifest.entrypoints.flatMap((entry) => (entry.type === 'panel' ? entry.icons : []))
    ]
    const files = icons.flatMap((icon) =>
      icon.scale.map((scale) => icon.path.replace(/(\.\w+)$/, `@${scale}x$1`))
    )
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })
})

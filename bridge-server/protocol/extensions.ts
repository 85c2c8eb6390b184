import { Family } from './family.ts'
import { ControlKind } from './request.ts'
import { Flag, Integer, List, Literal, Null, Optional, Struct, Text, Union, type Static } from './schema.ts'

/** What may be put beside a model; `taesd` is a tiny autoencoder, for previews; an `annotator` makes maps. */
export const ExtensionKind = Union([
  Literal('lora'),
  Literal('embedding'),
  Literal('hypernetwork'),
  Literal('controlnet'),
  Literal('upscaler'),
  Literal('taesd'),
  Literal('annotator')
])
export type ExtensionKind = Static<typeof ExtensionKind>

export const ExtensionInfo = Struct({
  kind: ExtensionKind,
  /** Path inside its models folder without extension. */
  id: Text(),
  /** What prompts and requests call it. */
  name: Text(),
  /** The family of models it was made for; null where its tensors do not tell. */
  family: Union([Family, Null()]),
  /** Words that call forth what it learnt; for an embedding its name. */
  triggers: List(Text()),
  bytes: Integer(),
  /** A picture lies beside its file: `GET /api/extensions/:id/picture`. Absent: none does. */
  hasPicture: Optional(Flag()),
  /** What the maps may show that a ControlNet of several kinds knows, which must be told; absent: it knows one. */
  kinds: Optional(List(ControlKind))
})
export type ExtensionInfo = Static<typeof ExtensionInfo>

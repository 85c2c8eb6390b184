import { ImageRef } from './images.ts'
import {
  Dictionary,
  Flag,
  Integer,
  List,
  Literal,
  Null,
  Num,
  Optional,
  Struct,
  Text,
  Union,
  type Static
} from './schema.ts'

/** A network that an annotator needs; its file is recognised by its tensors, wherever it lies in a models folder. */
export const AnnotatorNetwork = Union([
  /** DPT, MiDaS or Depth-Anything. */
  Literal('depth'),
  Literal('hed'),
  Literal('openpose'),
  Literal('mlsd')
])
export type AnnotatorNetwork = Static<typeof AnnotatorNetwork>

/** A slider. */
export const AnnotatorParameter = Struct({
  id: Text(),
  label: Text(),
  min: Num(),
  max: Num(),
  step: Num(),
  default: Num(),
  /** What a number of it is: `level` a grey level of 0…255, `px` a pixel of the map; empty for bare numbers. */
  unit: Union([Literal('level'), Literal('px'), Literal('°'), Literal('%'), Literal('')])
})
export type AnnotatorParameter = Static<typeof AnnotatorParameter>

/** What makes the map of a ControlNet from a picture. */
export const AnnotatorInfo = Struct({
  id: Text(),
  label: Text(),
  /** In one sentence, what the map keeps of the picture. */
  about: Text(),
  parameters: List(AnnotatorParameter),
  /** The network without which it cannot run; null: it needs none. */
  needs: Union([AnnotatorNetwork, Null()]),
  /** Whether that network was found. */
  available: Flag(),
  /** What files of ControlNets that follow such maps are called, as words in their names. */
  suits: List(Text()),
  /** `gray8` or `rgba8`. */
  format: ImageRef.properties.format
})
export type AnnotatorInfo = Static<typeof AnnotatorInfo>

/** Pixels of a picture at most. */
export const maxAnnotatedPixels = 2 ** 26

/**
 * `POST /api/annotate`: the map of a picture that was sent as a blob. Breaking the request off cancels it.
 * Transparent pixels count as white.
 */
export const AnnotateRequest = Struct(
  {
    /** An id in the catalogue. */
    annotator: Text({ minLength: 1, maxLength: 64 }),
    image: ImageRef,
    /** By id; those that are left out have their defaults. */
    parameters: Optional(Dictionary(Text({ pattern: '^[a-z][A-Za-z]{0,31}$' }), Num())),
    /**
     * The longer side, in pixels, at which the picture is looked at where it is larger: the model's working size suits, and less
     * is a quick look. Absent: the picture's own size.
     */
    side: Optional(Integer({ minimum: 64, maximum: 8192 })),
    /** Stretch the map back to the picture's size. */
    fullSize: Optional(Flag())
  },
  { additionalProperties: false }
)
export type AnnotateRequest = Static<typeof AnnotateRequest>

/**
 * The map, whose bytes come from `GET /api/maps/:blob` (`?as=png` for a PNG) for an hour to the holder of the same token; it may
 * be named in a request at once.
 */
export const AnnotateReply = Struct({ image: ImageRef })
export type AnnotateReply = Static<typeof AnnotateReply>

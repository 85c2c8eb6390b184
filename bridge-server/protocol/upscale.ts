import { Integer, Num, Optional, Struct, Text, Union, type Static } from './schema.ts'

const Upscaler = Text({ minLength: 1, maxLength: 512 })
const side = Integer({ minimum: 8, maximum: 8192 })
const pixels = Integer({ minimum: 1, maximum: 32768 })
const Factor = Num({ minimum: 1, maximum: 8 })

/**
 * A second pass: the picture is made at `workingSize`, made larger, noised from the same seeds and denoised again (the web UI's
 * “hires. fix”). What is absent is planned: large areas have a second pass without being asked, where `workingSize` is null.
 */
export const Hires = Struct(
  {
    /** Pixels of the second pass, or how many times the first's sides; absent: planned, and done in tiles where it is large. */
    size: Optional(Union([Struct({ width: side, height: side }), Factor])),
    /**
     * Pixels to which the first picture is made larger, of which `size` is the middle: a picture of another form is so cut rather
     * than stretched. At least `size`, which must be there. Absent: `size`.
     */
    cover: Optional(Struct({ width: side, height: side })),
    /** How much the second pass may change, 0.4 when absent; at 0 the picture is only made larger. */
    strength: Optional(Num({ minimum: 0, maximum: 1 })),
    /** Steps that the second pass makes; absent: its strength's share of the first's. */
    steps: Optional(Integer({ minimum: 1, maximum: 150 })),
    /** An upscaler's id in the catalogue, or one of `latentUpscalers`; absent: `lanczos`. */
    upscaler: Optional(Upscaler),
    /** As in `Sampling`; absent: the first pass's. */
    sampler: Optional(Text({ maxLength: 64 })),
    schedule: Optional(Text({ maxLength: 64 })),
    guidance: Optional(Num({ minimum: 0, maximum: 30 })),
    /** Networks that a prompt of its own names count in this pass alone, and the first prompt's do not. */
    prompt: Optional(Text({ maxLength: 20_000 })),
    negativePrompt: Optional(Text({ maxLength: 20_000 })),
    /** A model's id in the catalogue. */
    model: Optional(Text({ minLength: 1, maxLength: 512 }))
  },
  { additionalProperties: false }
)
export type Hires = Static<typeof Hires>

/** Refines what an upscaler made, in overlapping tiles of a size that suits the model. */
export const Creative = Struct(
  {
    /** How much of the enlarged picture may change; 0.2 to 0.4 keep what it shows. */
    strength: Num({ minimum: 0, maximum: 1 }),
    /** What neighbouring tiles share, in pixels of the result; absent: by the strength. */
    overlap: Optional(Integer({ minimum: 0, maximum: 512 })),
    /** The name of a ControlNet “tile”, whose map is the enlarged picture; absent: none. */
    control: Optional(Text({ minLength: 1, maxLength: 512 }))
  },
  { additionalProperties: false }
)
export type Creative = Static<typeof Creative>

/** What mode `upscale` does. */
export const Upscale = Struct(
  {
    /** An upscaler's id in the catalogue. */
    upscaler: Upscaler,
    /** How many pixels of the result stand for one of the area, along each side. */
    factor: Factor,
    /** Exactly so many pixels, where the factor's are not meant to the last one; absent: the area's sides times the factor. */
    size: Optional(Struct({ width: pixels, height: pixels })),
    /** Absent: the model is not used at all. */
    creative: Optional(Creative)
  },
  { additionalProperties: false }
)
export type Upscale = Static<typeof Upscale>

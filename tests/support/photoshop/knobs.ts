/** What Adobe's reference leaves open, or what versions do differently. Tests run over both sides. */
export interface Knobs {
  /** What `getPixels` gives of its region: the smallest part with pixels, all of it, or the layers' bounds in it. */
  readonly trim: 'tight' | 'off' | 'layerBounds'
  /** What it does where the region holds no pixels. */
  readonly emptyRegion: 'reject' | 'zeroSize'
  /** Conversions between profiles round up or down at random: Photoshop has a setting for dither. */
  readonly dithers: boolean
  /** `putPixels` takes RGB in a Grayscale document, and converts it. */
  readonly greyTakesRgb: boolean
  /** 16-bit documents give their pixels in 8 bits where that is asked for. */
  readonly deepReadAsEight: boolean
  readonly encodeNeedsModal: boolean
  /** How a second modal command of anybody is refused. */
  readonly busy: 'new' | 'legacy'
  /** The value of a mask beside what was put. */
  readonly maskOutside: 0 | 255 | 'random'
  /** All-zero blocks of a mask are stored as white. */
  readonly zeroBlockBug: boolean
  /** Masks and selections of a 16-bit document are read in 16 bits. */
  readonly deepMasks: boolean
  /** Depths that `putLayerMask` takes in a 16-bit document. */
  readonly maskDepths: readonly (8 | 16)[]
  /** `getSelection` gives all that was asked for, or only where something is selected. */
  readonly selectionTrim: boolean
  /** A selection that reaches beyond the canvas keeps that part. */
  readonly selectionBeyondCanvas: boolean
  /** How `putPixels` without `replace` mixes. */
  readonly addRule: 'copy' | 'over'
  /** Whether notifications come at all. */
  readonly notifies: boolean
  /** Where the theme is to be found. */
  readonly theme: 'document' | 'brightness'
  /** What a document that was never saved has for a path. */
  readonly unsavedPath: '' | 'name'
}

export const usualKnobs: Knobs = {
  trim: 'tight',
  emptyRegion: 'reject',
  dithers: false,
  greyTakesRgb: false,
  deepReadAsEight: false,
  encodeNeedsModal: false,
  busy: 'new',
  maskOutside: 'random',
  zeroBlockBug: false,
  deepMasks: true,
  maskDepths: [8, 16],
  selectionTrim: true,
  selectionBeyondCanvas: true,
  addRule: 'over',
  notifies: true,
  theme: 'document',
  unsavedPath: ''
}

import { controlKinds } from './control-kinds.ts'
import { Point, Rect, Size } from './geometry.ts'
import { ImageRef } from './images.ts'
import {
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
  Unsafe,
  type Static
} from './schema.ts'
import { Hires, Upscale } from './upscale.ts'

/**
 * What is asked for. `img2img` with a selection is a masked refine; `outpaint` fills empty canvas and leaves old pixels alone;
 * `upscale` makes the area larger, and knows no selection.
 */
export const Mode = Union([
  Literal('txt2img'),
  Literal('img2img'),
  Literal('inpaint'),
  Literal('outpaint'),
  Literal('depth2img'),
  Literal('upscale')
])
export type Mode = Static<typeof Mode>

/** Where the noise of a seed comes from: `cpu` is torch's CPU generator, `gpu` Philox as CUDA and A1111 ("NV") produce it. */
export const NoiseSource = Union([Literal('cpu'), Literal('gpu')])
export type NoiseSource = Static<typeof NoiseSource>

/**
 * What weights in prompts do, by the web UI's names. none: brackets are text. ignore: brackets go, without effect. original:
 * hidden states times the weights, their mean restored. no-norm: without the mean.
 */
export const Emphasis = Union([Literal('none'), Literal('ignore'), Literal('original'), Literal('no-norm')])
export type Emphasis = Static<typeof Emphasis>

const Seed = Integer({ minimum: 0, maximum: 4294967295 })
const side = Integer({ minimum: 8, maximum: 8192 })
const NoiseSize = Struct({ width: side, height: side })

export const Sampling = Struct(
  {
    /** A sampler's id in the catalogue. */
    sampler: Text({ maxLength: 64 }),
    /** A schedule's id in the catalogue. */
    schedule: Text({ maxLength: 64 }),
    /** How often the model improves the picture. */
    steps: Integer({ minimum: 1, maximum: 150 }),
    /** Guidance scale; 1 runs the model once a step, without the negative prompt, and so does any for a model that embeds it. */
    guidance: Num({ minimum: 0, maximum: 30 }),
    /** Variation i is made from seed + i (modulo 2³²); where there is a variation strength, all from the seed itself. */
    seed: Seed,
    /** The seed that the first noise goes towards; variation i goes towards this seed + i. */
    variationSeed: Optional(Seed),
    /** How far it goes there; 0 is off. */
    variationStrength: Optional(Num({ minimum: 0, maximum: 1 })),
    /** Size in pixels of another picture of this seed, whose noise is put in the middle so that this one looks alike. */
    seedResize: Optional(NoiseSize),
    /** Where the noise comes from: torch's CPU generator, or Philox as GPUs have it; absent: cpu. */
    noise: Optional(NoiseSource),
    /** 1 is the last layer of the text encoder, 2 the one before; absent is the model's own. */
    clipSkip: Optional(Integer({ minimum: 1, maximum: 12 })),
    /** Stochasticity of DDIM and ancestral samplers; absent is the sampler's own. */
    eta: Optional(Num({ minimum: 0, maximum: 2 })),
    /** Rescale of guided predictions (arXiv:2305.08891), 0 is off. */
    guidanceRescale: Optional(Num({ minimum: 0, maximum: 1 })),
    /** Begin from pure noise, as models that were trained so want it (arXiv:2305.08891). */
    zeroTerminalSnr: Optional(Flag()),
    /** What weights in prompts do, by the web UI's names; `original` when absent. */
    emphasis: Optional(Emphasis)
  },
  { additionalProperties: false }
)
export type Sampling = Static<typeof Sampling>

/** How the selection becomes the two masks (bridge-server/image/mask.ts); absent fields are the defaults of context.ts. */
export const MaskSettings = Struct(
  {
    /** Feather as a fraction of the selection's diagonal, 0…0.5. */
    feather: Optional(Num({ minimum: 0, maximum: 0.5 })),
    /** Least feather in document pixels at full strength. */
    minTransition: Optional(Integer({ minimum: 0, maximum: 499 })),
    /** Document pixels by which the denoise mask is grown. */
    grow: Optional(Integer({ minimum: 0, maximum: 499 })),
    /** Width in document pixels of the compositing mask's edge. */
    blend: Optional(Integer({ minimum: 0, maximum: 499 })),
    /** Surroundings the model sees, as a fraction of the selection's diagonal. */
    padding: Optional(Num({ minimum: 0, maximum: 1 })),
    /**
     * What is half selected changes from half of the steps on, instead of by half in each: soft edges keep their structure
     * (Levin and Fried 2023, arXiv:2306.00950). Off when absent.
     */
    differential: Optional(Flag())
  },
  { additionalProperties: false }
)
export type MaskSettings = Static<typeof MaskSettings>

/**
 * What gives way where prompt and map disagree. `balanced`: nothing. `prompt`: the map, most where details are. `control`: the
 * prompt, for the map guides only the prediction with it (Zhang et al. 2023, arXiv:2302.05543, “guess mode”).
 */
export const ControlMode = Union([Literal('balanced'), Literal('prompt'), Literal('control')])
export type ControlMode = Static<typeof ControlMode>

/** How a map of another size comes to the area's: by each side; cut, or put on black, so that its form stays. */
export const MapResize = Union([Literal('stretch'), Literal('crop'), Literal('pad')])
export type MapResize = Static<typeof MapResize>

export const ControlKind = Unsafe<(typeof controlKinds)[number]>(
  Union(controlKinds.map((kind) => Literal(kind)))
)
export type ControlKind = Static<typeof ControlKind>

/** A ControlNet and the map that it follows. */
export const Control = Struct(
  {
    /** A ControlNet's name or id in the catalogue. */
    model: Text({ minLength: 1, maxLength: 512 }),
    /** The map, of the area's size unless `resize` says more: `gray8`, or `rgba8` on black. */
    image: ImageRef,
    /** Absent: the map has the area's size. */
    resize: Optional(MapResize),
    /** What the map shows; a ControlNet of several kinds must be told, others take no notice. */
    kind: Optional(ControlKind),
    /** Where it acts, and how much: `gray8` of the area's size. Absent: everywhere. */
    mask: Optional(ImageRef),
    /** 1 is as it was trained; 0 is off. */
    weight: Num({ minimum: 0, maximum: 2 }),
    /** The share of the steps before which, and after which, it does nothing. */
    start: Num({ minimum: 0, maximum: 1 }),
    end: Num({ minimum: 0, maximum: 1 }),
    mode: ControlMode
  },
  { additionalProperties: false }
)
export type Control = Static<typeof Control>

/**
 * What the model starts from where the selection is. `none`: the snapshot. `blur`: its colours without its shapes. `border`: the
 * colours around it, continued. `inpaint`: pieces of what is around it, as if nothing had been there. `neutral`: mid grey that sets
 * in softly; `hard-neutral`: mid grey up to the edge.
 */
export const Fill = Union([
  Literal('none'),
  Literal('blur'),
  Literal('border'),
  Literal('inpaint'),
  Literal('neutral'),
  Literal('hard-neutral')
])
export type Fill = Static<typeof Fill>

/**
 * Where the web UI's way is not ours, for pictures that equal its. The selection is the denoise mask as it is, the result is all
 * that the model makes, in its own colours, and there is no compositing mask.
 */
export const WebuiRules = Struct(
  {
    /** Whether each latent is masked wholly or not at all; else as softly as the selection is. */
    roundMask: Flag(),
    /** What selected latents start as instead of the snapshot's: noise of the picture's seed, or 0. */
    latentFill: Optional(Union([Literal('noise'), Literal('nothing')])),
    /**
     * Whether the snapshot comes to the working size as latents rather than as a picture ("latent upscale"); it then may have any
     * size of multiples of 8.
     */
    latentResize: Optional(Flag()),
    /** Factor of the noise that a snapshot is hidden under. */
    noiseMultiplier: Optional(Num({ minimum: 0, maximum: 2 })),
    /** Added to the seed for the noise that is drawn while sampling ("ENSD"). */
    noiseSeedDelta: Optional(Seed),
    /** Factor of the noise that is added while sampling (S_noise). */
    noiseScale: Optional(Num({ minimum: 0, maximum: 2 })),
    /** Extra noise of Euler, Heun and DPM2 (S_churn), between two noise levels (S_tmin, S_tmax). */
    churn: Optional(
      Struct(
        {
          amount: Num({ minimum: 0, maximum: 100 }),
          from: Num({ minimum: 0 }),
          to: Optional(Num({ minimum: 0 }))
        },
        { additionalProperties: false }
      )
    )
  },
  { additionalProperties: false }
)
export type WebuiRules = Static<typeof WebuiRules>

/** Everything the server needs to know to make pictures. Nothing about a job may travel any other way. */
export const GenerateRequest = Struct(
  {
    mode: Mode,
    /** A model's id in the catalogue. */
    model: Text({ minLength: 1, maxLength: 512 }),
    /** A VAE's id in the catalogue, used instead of the one chosen for the model; null: the model's own. */
    vae: Optional(Union([Text({ minLength: 1, maxLength: 512 }), Null()])),
    prompt: Text({ maxLength: 20_000 }),
    negativePrompt: Text({ maxLength: 20_000 }),
    /** The editor's own id of the document; the result belongs to it. */
    documentId: Text({ maxLength: 256 }),
    canvas: Size,
    /** Where the canvas' corner lay for the editor, which so finds the place of the result after a crop. Not the server's. */
    origin: Optional(Point),
    /** Document pixels that are generated, inside the canvas: the selection with its context, or the whole canvas. */
    area: Rect,
    /** Whether a person chose the area, rather than that it follows from the selection. Not the server's. */
    areaIsChosen: Optional(Flag()),
    /** What a person sees in `area`, `rgba8` of its size; transparent where the canvas is empty. Absent for txt2img. */
    snapshot: Optional(ImageRef),
    /** The selection in `area`, `gray8` of its size; absent: everything may change. */
    selection: Optional(ImageRef),
    /** A depth map for depth2img, `gray8` of the area's size, near is bright; absent: estimated from the snapshot. */
    depth: Optional(ImageRef),
    /** ControlNets, all at once. LoRAs, hypernetworks and embeddings are named in the prompt. */
    controls: Optional(List(Control, { maxItems: 8 })),
    /** How much of the snapshot may change: 1 ignores it. */
    strength: Num({ minimum: 0, maximum: 1 }),
    sampling: Sampling,
    /** How many variations. */
    count: Integer({ minimum: 1, maximum: 8 }),
    /** Size the model works at, in pixels; null: planned from the area and the model. */
    workingSize: Union([Size, Null()]),
    mask: Optional(MaskSettings),
    /** Absent: `blur` for inpaint at full strength, else `none`. */
    fill: Optional(Fill),
    /**
     * Whether the picture's left edge meets its right one, and its top its bottom, so that copies side by side show no seam: at the
     * working size, in one piece. Off when absent.
     */
    seamless: Optional(Flag()),
    /** Absent: our own way. */
    webui: Optional(WebuiRules),
    /** The second pass; absent: planned. Not of mode `upscale`. */
    hires: Optional(Hires),
    /** Of mode `upscale` alone, where it must be there. */
    upscale: Optional(Upscale)
  },
  { additionalProperties: false }
)
export type GenerateRequest = Static<typeof GenerateRequest>

import type { Rect, Size } from '#protocol/geometry.ts'
import type { Preview } from '../host.ts'
import { eachDifference } from './damage.ts'
import type { CanvasDocument } from './document.ts'
import { areaOf, intersection, pixelsAround, union } from './geometry.ts'
import { eachTile, tileArea, tileSize } from './plane.ts'
import { previewImage } from './preview-image.ts'
import { context2d, createTileCache } from './tile-cache.ts'
import { screenArea, type View } from './view-transform.ts'

/**
 * Draws the document on a canvas element. Work follows what changed: only spoiled parts of tiles are composited again, and
 * only the part of the screen above them is drawn again.
 */
export interface Renderer {
  readonly show: (document: CanvasDocument | null) => void
  readonly look: (view: View, viewport: Size) => void
  readonly preview: (preview: Preview | null) => void
  readonly spoil: (area: Rect) => void
  /** Says that the element lost what was drawn on it. */
  readonly redraw: () => void
  /** Draws what is due; true where another frame is needed to finish. */
  readonly frame: () => boolean
}

/** Compositing in one frame, in milliseconds: the rest of a sixtieth of a second is for drawing and the page. */
const frameBudget = 9

interface ShownPreview {
  readonly given: Preview
  readonly image: OffscreenCanvas
}

export function createRenderer(context: CanvasRenderingContext2D, checker: CanvasPattern): Renderer {
  const tiles = createTileCache()
  let document: CanvasDocument | null = null
  let view: View = { scale: 1, x: 0, y: 0 }
  let viewport: Size = { width: 0, height: 0 }
  let preview: ShownPreview | null = null
  let due: Rect | null = null

  const previewed = createPreviewedTiles()
  const spoil = (area: Rect): void => tiles.spoil(area)
  const everything = (): void => {
    due = areaOf(viewport)
  }
  const drawDue = (): void => {
    const clip = due === null ? null : intersection(due, areaOf(viewport))
    due = null
    if (clip === null) return
    const shown = preview?.given.documentId === document?.id ? preview : null
    context.save()
    context.beginPath()
    context.rect(clip.x, clip.y, clip.width, clip.height)
    context.clip()
    context.clearRect(clip.x, clip.y, clip.width, clip.height)
    if (document !== null)
      drawDocument(
        context,
        { canvas: document.canvas, view, clip, checker },
        shown === null ? tiles.imageOf : (key) => previewed(key, tiles.imageOf(key), shown)
      )
    context.restore()
  }

  return {
    show: (next) => {
      const before = document
      document = next
      if (before === null || next?.id !== before.id || !sameSize(next.canvas, before.canvas)) {
        tiles.clear()
        everything()
      } else eachDifference(before, next, spoil)
    },
    look: (nextView, nextViewport) => {
      if (sameView(view, nextView) && sameSize(viewport, nextViewport)) return
      view = nextView
      viewport = nextViewport
      everything()
    },
    preview: (given) => {
      if (given === (preview?.given ?? null)) return
      due = union(due, preview === null ? null : around(view, preview.given.area))
      preview = given === null ? null : { given, image: previewImage(given) }
      due = union(due, given === null ? null : around(view, given.area))
    },
    spoil,
    redraw: everything,
    frame: () => {
      if (document === null) {
        drawDue()
        return false
      }
      const visible = visibleArea(document.canvas, view, viewport)
      const until = {
        deadline: performance.now() + frameBudget,
        refreshed: (area: Rect) => {
          due = union(due, around(view, area))
        }
      }
      const done = visible === null || tiles.refresh(document, visible, until)
      drawDue()
      return !done
    }
  }
}

const sameView = (a: View, b: View): boolean => a.scale === b.scale && a.x === b.x && a.y === b.y

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height

/** Screen pixels that an area of the document touches; smoothing reaches one further. */
function around(view: View, area: Rect): Rect {
  const { x, y, width, height } = screenArea(view, area)
  return pixelsAround(x - 1, y - 1, x + width + 1, y + height + 1)
}

function visibleArea(canvas: Size, { scale, x, y }: View, viewport: Size): Rect | null {
  const area = pixelsAround(
    -x / scale,
    -y / scale,
    (viewport.width - x) / scale,
    (viewport.height - y) / scale
  )
  return intersection(area, areaOf(canvas))
}

interface Scene {
  readonly canvas: Size
  readonly view: View
  /** Screen pixels to be drawn. */
  readonly clip: Rect
  readonly checker: CanvasPattern
}

function drawDocument(
  context: CanvasRenderingContext2D,
  { canvas, view, clip, checker }: Scene,
  imageOf: (key: number) => OffscreenCanvas | null
): void {
  const whole = rounded(screenArea(view, areaOf(canvas)))
  const shown = intersection(whole, clip)
  const part = visibleArea(canvas, { ...view, x: view.x - clip.x, y: view.y - clip.y }, clip)
  if (shown === null || part === null) return
  context.fillStyle = checker
  context.fillRect(shown.x, shown.y, shown.width, shown.height)
  context.imageSmoothingEnabled = isSmooth(view)
  context.imageSmoothingQuality = view.scale < 0.5 ? 'medium' : 'low'
  eachTile(part, (key) => {
    const image = imageOf(key)
    const area = intersection(tileArea(key), areaOf(canvas))
    if (image === null || area === null) return
    const to = rounded(screenArea(view, area))
    context.drawImage(image, 0, 0, area.width, area.height, to.x, to.y, to.width, to.height)
  })
}

/** On whole screen pixels, edge by edge, so that neighbouring tiles meet without a seam. */
function rounded({ x, y, width, height }: Rect): Rect {
  const left = Math.round(x)
  const top = Math.round(y)
  return { x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top }
}

/** Enlarged pixels stay square; at odd scales below 2 that would make some look twice as wide as others. */
const isSmooth = ({ scale }: View): boolean => scale < 2 && scale !== 1

/**
 * A tile with a preview over it, good until the next is asked for. They meet on the document's own pixels: on the screen's, a soft
 * edge over a soft edge would let what is behind shine through.
 */
function createPreviewedTiles() {
  let scratch: OffscreenCanvas | null = null
  return (
    key: number,
    tile: OffscreenCanvas | null,
    { given, image }: ShownPreview
  ): OffscreenCanvas | null => {
    const { x, y } = tileArea(key)
    const { area } = given
    if (intersection(tileArea(key), area) === null) return tile
    scratch ??= new OffscreenCanvas(tileSize, tileSize)
    const context = context2d(scratch)
    context.clearRect(0, 0, tileSize, tileSize)
    if (tile !== null) context.drawImage(tile, 0, 0)
    context.imageSmoothingQuality = 'high'
    context.drawImage(image, area.x - x, area.y - y, area.width, area.height)
    return scratch
  }
}

/** Light squares behind what is transparent, 8 CSS pixels wide. */
export const checkerPattern = (context: CanvasRenderingContext2D, ratio: number): CanvasPattern => {
  const edge = Math.round(8 * ratio)
  const { canvas, paint } = patternCanvas(edge * 2)
  paint.fillStyle = '#ffffff'
  paint.fillRect(0, 0, edge * 2, edge * 2)
  paint.fillStyle = '#dcdcdc'
  paint.fillRect(0, 0, edge, edge)
  paint.fillRect(edge, edge, edge, edge)
  return patternOf(context, canvas)
}

/** Slanted stripes: any line drawn with them is dashed, and marches when they are shifted. */
export const stripesPattern = (context: CanvasRenderingContext2D): CanvasPattern => {
  const edge = 8
  const { canvas, paint } = patternCanvas(edge)
  for (let y = 0; y < edge; y++)
    for (let x = 0; x < edge; x++) {
      paint.fillStyle = (x + y) % edge < edge / 2 ? '#000000' : '#ffffff'
      paint.fillRect(x, y, 1, 1)
    }
  return patternOf(context, canvas)
}

function patternCanvas(edge: number): { canvas: OffscreenCanvas; paint: OffscreenCanvasRenderingContext2D } {
  const canvas = new OffscreenCanvas(edge, edge)
  const paint = canvas.getContext('2d')
  if (paint === null) throw new Error('Bug: no 2D context')
  return { canvas, paint }
}

function patternOf(context: CanvasRenderingContext2D, canvas: OffscreenCanvas): CanvasPattern {
  const pattern = context.createPattern(canvas, 'repeat')
  if (pattern === null) throw new Error('Bug: no pattern')
  return pattern
}

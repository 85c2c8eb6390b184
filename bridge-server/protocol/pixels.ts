import type { PixelFormat } from './images.ts'

export const bytesPerPixel = (format: PixelFormat): number => (format === 'rgba8' ? 4 : 1)

/** Pixels of a picture at most, 134 megapixels: what a server keeps as one blob and the canvas in a browser opens. */
export const maxPixels = 128 * 1024 * 1024

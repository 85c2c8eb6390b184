import type { PixelFormat } from './images.ts'

export const bytesPerPixel = (format: PixelFormat): number => (format === 'rgba8' ? 4 : 1)

/** An EXIF block with a user comment, as the web UI writes it: big-endian, the text in UTF-16. */
export function exifWith(text: string): Buffer {
  const comment = Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(text, 'utf16le').swap16()])
  // One entry that leads to the Exif directory, and one there: the comment.
  const head = Buffer.alloc(44)
  head.write('MM\0*', 'latin1')
  const numbers: readonly [number, number][] = [
    [4, 8],
    [14, 1],
    [18, 26],
    [32, comment.length],
    [36, 44]
  ]
  for (const [at, value] of numbers) head.writeUInt32BE(value, at)
  const shorts: readonly [number, number][] = [
    [8, 1],
    [10, 0x8769],
    [12, 4],
    [26, 1],
    [28, 0x9286],
    [30, 7]
  ]
  for (const [at, value] of shorts) head.writeUInt16BE(value, at)
  return Buffer.concat([Buffer.from('Exif\0\0'), head, comment])
}

/** A JPEG with an EXIF block behind its first marker. */
export function jpegWithExif(jpeg: Buffer, exif: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(exif.length + 2)
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)])
}

/** A WebP with an EXIF chunk at its end. */
export function webpWithExif(webp: Buffer, exif: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write('EXIF', 'latin1')
  head.writeUInt32LE(exif.length, 4)
  const file = Buffer.concat([webp, head, exif, Buffer.alloc(exif.length % 2)])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

/** Opcodes as they are written in pickletools: texts, bytes by number. */
export const pickle = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part, 'latin1')))
  )

const MAX_PERIOD = 10_000

/**
 * ldm.modules.diffusionmodules.util.timestep_embedding: cosines, then sines, at frequencies from 1 down to 1/10000.
 * Computed here in float32 as torch does, because GPUs are not exact about sines of large angles.
 * @returns [values.length, channels]
 */
export function timestepEmbedding(values: Float32Array, channels: number): Float32Array {
  const half = channels / 2
  const slope = Math.fround(-Math.log(MAX_PERIOD))
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(slope * i) / half))
  )
  const out = new Float32Array(values.length * channels)
  values.forEach((value, row) => {
    frequencies.forEach((frequency, i) => {
      const angle = Math.fround(value * frequency)
      out[row * channels + i] = Math.cos(angle)
      out[row * channels + half + i] = Math.sin(angle)
    })
  })
  return out
}

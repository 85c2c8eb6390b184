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

/**
 * diffusers' get_guidance_scale_embedding (latent consistency models, Luo et al. 2023, arXiv:2310.04378): sines, then cosines, of
 * 1000 · (guidance − 1), in float32 as torch does.
 * @returns [channels]; an odd last channel is 0
 */
export function guidanceEmbedding(guidance: number, channels: number): Float32Array {
  const half = Math.floor(channels / 2)
  const slope = Math.fround(Math.fround(Math.log(MAX_PERIOD)) / (half - 1))
  const value = Math.fround(Math.fround(guidance - 1) * 1000)
  const out = new Float32Array(channels)
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(Math.exp(Math.fround(i * -slope)))
    const angle = Math.fround(value * frequency)
    out[i] = Math.sin(angle)
    out[half + i] = Math.cos(angle)
  }
  return out
}

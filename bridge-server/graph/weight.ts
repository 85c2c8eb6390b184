/** How a weight's numbers are stored. */
export type Dtype = 'f32' | 'f16' | 'bf16' | 'f8e4m3' | 'f8e5m2' | 'i64' | 'i32' | 'u8'

/** A tensor that lies in a file: the graph points at these bytes and nobody copies them. */
export interface Weight {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Absolute path. */
  readonly file: string
  /** First byte in the file, and how many; offsets need no alignment. */
  readonly offset: number
  readonly length: number
}

/** The weights of one network, by the names that its functions in nn/ use. */
export interface WeightSource {
  get(name: string): Weight | undefined
  readonly names: readonly string[]
}

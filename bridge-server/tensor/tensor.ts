/** Numbers with a shape, row-major (the last dimension varies fastest), always float32. */
export interface Tensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

export const elements = (dims: readonly number[]): number => dims.reduce((product, d) => product * d, 1)

export const zeros = (dims: readonly number[]): Tensor => ({ data: new Float32Array(elements(dims)), dims })

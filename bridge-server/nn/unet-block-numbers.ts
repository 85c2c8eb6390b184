/**
 * The numbers that block weights of LoRAs go by, 26 of them: 0 for what is in no block, then 12 input blocks, the middle and 12
 * output blocks.
 */
export const unetBlocks = {
  count: 26,
  /** Of a layer by its path. */
  of(path: string): number {
    const [side = '', at = ''] = path.split('.')
    if (side === 'middle_block') return 13
    return side === 'input_blocks' ? 1 + Number(at) : side === 'output_blocks' ? 14 + Number(at) : 0
  }
} as const

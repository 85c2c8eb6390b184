import type { Prediction } from '../protocol/catalogue.ts'

export interface TensorFileOptions {
  /** Where pickles that cannot be used in place are converted to, once; undefined: such files are refused. */
  readonly cacheFolder?: string | undefined
}

export interface OpenOptions extends TensorFileOptions {
  /** What the person says the UNet predicts; undefined: what the model says, or the rule for its family. */
  readonly prediction?: Prediction | undefined
  /** A file with another autoencoder; undefined: one that lies beside the checkpoint, else the checkpoint's own. */
  readonly vae?: string | undefined
}

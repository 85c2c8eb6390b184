/**
 * What a map shows, for a ControlNet of several kinds, in the order of the models that know them. `lines` are Canny's edges,
 * drawings and straight lines, `soft-edge` also scribbles; the last two are the models' own tasks, larger pictures and filling.
 */
export const controlKinds = [
  'pose',
  'depth',
  'soft-edge',
  'lines',
  'normal',
  'segmentation',
  'tile',
  'inpaint'
] as const

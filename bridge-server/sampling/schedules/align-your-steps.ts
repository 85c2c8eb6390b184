/** Which of the published tables fits; both were optimised for ten steps. */
export type StepsTable = 'sd' | 'sdxl'

/** Sabour et al. 2024 (arXiv:2404.14507): the eleven sigmas as first published, which the web UI uses. */
const PUBLISHED: Readonly<Record<StepsTable, readonly number[]>> = {
  sd: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029]
}

/** The same with more digits, which ComfyUI uses. */
const PRECISE: Readonly<Record<StepsTable, readonly number[]>> = {
  sd: [
    14.6146412293, 6.4745760956, 3.8636745985, 2.694615152, 1.8841921177, 1.3943805092, 0.9642583904,
    0.6523686016, 0.3977456272, 0.1515232662, 0.0291671582
  ],
  sdxl: [
    14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945, 0.8620721141, 0.5550693289,
    0.3798540708, 0.2332364134, 0.1114188177, 0.0291671582
  ]
}

/** The web UI's form: the table stretched to as many sigmas as steps, then 0. */
export const alignYourSteps = (count: number, table: StepsTable): number[] => [
  ...stretched(PUBLISHED[table], count),
  0
]

/** ComfyUI's form: the table stretched to one sigma more than steps, the last of which becomes 0. */
export const alignYourStepsComfyui = (count: number, table: StepsTable): number[] => [
  ...stretched(PRECISE[table], count + 1).slice(0, -1),
  0
]

/** Linear interpolation in ln σ; of a single one the last. */
function stretched(table: readonly number[], count: number): number[] {
  const top = table.length - 1
  return Array.from({ length: count }, (_, i) => {
    const at = count === 1 ? top : (i * top) / (count - 1)
    const low = Math.min(Math.floor(at), top - 1)
    const weight = at - low
    return Math.fround(Math.exp((1 - weight) * Math.log(table[low]!) + weight * Math.log(table[low + 1]!)))
  })
}

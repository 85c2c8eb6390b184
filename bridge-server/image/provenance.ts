import type { GenerateRequest } from '../protocol/request.ts'

/**
 * How a picture came to be, as IPTC's NewsCodes have it: made by a model alone, or edited with what a model made.
 * https://cv.iptc.org/newscodes/digitalsourcetype/
 */
export type DigitalSource = 'trainedAlgorithmicMedia' | 'compositeWithTrainedAlgorithmicMedia'

const sources: readonly DigitalSource[] = ['compositeWithTrainedAlgorithmicMedia', 'trainedAlgorithmicMedia']

/** Only what began from nothing is the model's alone. */
export const sourceOf = ({ mode }: Pick<GenerateRequest, 'mode'>): DigitalSource =>
  mode === 'txt2img' ? 'trainedAlgorithmicMedia' : 'compositeWithTrainedAlgorithmicMedia'

/** The keyword under which a PNG holds XMP (XMP specification, part 3, 1.1.5). */
const xmpKeyword = 'XML:com.adobe.xmp'

/** The texts of a PNG that tell of its making: `parameters` as the web UI writes them (null: unknown), and XMP. */
export const provenanceText = (parameters: string | null, source: DigitalSource): Record<string, string> => ({
  ...(parameters === null ? {} : { parameters }),
  [xmpKeyword]: xmpOf(source)
})

const xmpOf = (source: DigitalSource): string =>
  [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/${source}"/>`,
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>'
  ].join('\n')

/**
 * What a picture's texts say of its source, null where they say nothing of a model. The web UI's `parameters` alone tell that a
 * model made it.
 */
export function sourceIn(text: Readonly<Record<string, string>>): DigitalSource | null {
  const xmp = text[xmpKeyword] ?? ''
  const said = /digitalsourcetype\/(\w+)/i.exec(xmp)?.[1]
  const known = sources.find((source) => source === said)
  return known ?? (text.parameters === undefined ? null : 'trainedAlgorithmicMedia')
}

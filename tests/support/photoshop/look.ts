import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EnginePage } from './engines.ts'

const shots = path.resolve(import.meta.dirname, '../../../test-results/photoshop')

/**
 * Takes a picture of the page, `name` in test-results/photoshop, and tells what cannot be seen whole: what lies beyond an edge at the side, and labels of a
 * choice that are wider than their place.
 */
export async function cutOffIn(page: EnginePage, width: number, name: string): Promise<readonly string[]> {
  mkdirSync(shots, { recursive: true })
  writeFileSync(path.join(shots, `${name}.png`), await page.shot())
  return page.evaluate((width) => {
    const looked =
      'button, input:not([type=radio]), textarea, h3, p, label, img, [role=dialog], .marquee-panel > *'
    const beyond = [...document.querySelectorAll(looked)].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect()
      return element.closest('[aria-hidden=true]') === null && own > 1 && (left < 0 || right > width)
    })
    const squeezed = [...document.querySelectorAll('.marquee-segment')].filter(
      ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth
    )
    const { scrollWidth } = document.documentElement
    return [
      ...[...beyond, ...squeezed].map((element) => element.outerHTML.slice(0, 120)),
      ...(innerWidth === width ? [] : [`The page is ${innerWidth} pixels wide`]),
      ...(scrollWidth <= width ? [] : [`The page scrolls sideways over ${scrollWidth} pixels`])
    ]
  }, width)
}

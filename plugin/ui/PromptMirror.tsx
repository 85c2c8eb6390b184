import { useLayoutEffect, useRef, type RefObject } from 'react'
import type { PromptProblem } from '#protocol/prompt.ts'
import { stretchesOf } from './prompt-wording.ts'

interface PromptMirrorProps {
  /** The element that holds the text area and this. */
  readonly around: RefObject<HTMLDivElement | null>
  readonly text: string
  readonly problems: readonly PromptProblem[]
}

const copied = [
  'font',
  'letterSpacing',
  'wordSpacing',
  'lineHeight',
  'textIndent',
  'tabSize',
  'paddingTop',
  'paddingBottom',
  'paddingLeft',
  'borderTopWidth',
  'borderLeftWidth'
] as const

/** The text once more, exactly over the text area and invisible but for its underlines: a text area can underline nothing. */
export function PromptMirror({ around, text, problems }: PromptMirrorProps) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const mirror = ref.current
    const area = around.current?.querySelector('textarea')
    if (mirror === null || area === null || area === undefined) return
    const follow = () => {
      lieOver(mirror, area)
      mirror.scrollTop = area.scrollTop
    }
    const sizes = new ResizeObserver(follow)
    sizes.observe(area)
    area.addEventListener('scroll', follow)
    follow()
    return () => {
      sizes.disconnect()
      area.removeEventListener('scroll', follow)
    }
  })
  return (
    <div ref={ref} aria-hidden="true" className="marquee-mirror">
      {stretchesOf(text, problems).map(({ from, text: stretch, isWrong }) =>
        isWrong ? <mark key={from}>{stretch}</mark> : <span key={from}>{stretch}</span>
      )}
    </div>
  )
}

/** Both are inside the same element, which positions them. */
function lieOver(mirror: HTMLElement, area: HTMLTextAreaElement) {
  const [own, outer] = [area.getBoundingClientRect(), mirror.offsetParent?.getBoundingClientRect()]
  const style = getComputedStyle(area)
  for (const name of copied) mirror.style[name] = style[name]
  const scrollBar = own.width - area.clientWidth
  Object.assign(mirror.style, {
    left: `${own.left - (outer?.left ?? 0)}px`,
    top: `${own.top - (outer?.top ?? 0)}px`,
    width: `${own.width}px`,
    height: `${own.height}px`,
    paddingRight: `${scrollBar - parseFloat(style.borderLeftWidth) + parseFloat(style.paddingRight)}px`
  })
}

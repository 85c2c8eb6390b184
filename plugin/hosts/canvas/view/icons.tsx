import type { JSX } from 'react'
import { Icon } from '../../../ui/controls.tsx'

/** Line drawings on a 20 × 20 grid, in the text's colour. Filled parts are marked with an `F` in front. */
const drawings = {
  move: [
    'M10 2.5v15M2.5 10h15M7.5 5 10 2.5 12.5 5M7.5 15l2.5 2.5 2.5-2.5M5 7.5 2.5 10 5 12.5M15 7.5l2.5 2.5-2.5 2.5'
  ],
  'rectangle-marquee': [
    'M3.5 6V4.5h2M8 4.5h4M14.5 4.5h2V6M16.5 8.5v3M16.5 14v1.5h-2M12 15.5H8M5.5 15.5h-2V14M3.5 11.5v-3'
  ],
  'ellipse-marquee': [
    'M10 3.5a6.5 6.5 0 0 1 3.2.9M15.2 6a6.5 6.5 0 0 1 1.3 3.4M16.3 12a6.5 6.5 0 0 1-2 2.9M12.2 16.1a6.5 6.5 0 0 1-3.6.2M6.3 15.3A6.5 6.5 0 0 1 4 12.6M3.5 9.8a6.5 6.5 0 0 1 1.2-3.5M6.6 4.5'
  ],
  lasso: [
    'M5.5 12.8C3.8 11.9 3 10.6 3 9.2 3 6.3 6.1 4 10 4s7 2.3 7 5.2-3.1 5.2-7 5.2c-.9 0-1.7-.1-2.5-.3',
    'M7.5 13.2a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0ZM5.5 14.7c.5 1.3.2 2.3-1 3'
  ],
  wand: ['M3.5 16.5 11.5 8.5M13.5 2.5v3M13.5 9.5v2M9 5h2M15.5 6.5h2.5M16.7 3.3l-1.5 1.5M10.3 3.3l1.2 1.2'],
  brush: [
    'M17 3 9 10.5M17 3c-.8 2.8-3.2 6-6 8.5L9 10.5',
    'F M8.4 11.3c1.3.4 2 1.5 1.7 2.8-.4 1.9-2.6 2.9-6.6 2.6 1.2-.8 1.4-1.7 1.6-2.8.3-1.8 1.6-3.1 3.3-2.6Z'
  ],
  eraser: [
    'M8.5 16.5H17M11.8 4.3l4.4 4.4a1 1 0 0 1 0 1.4l-6.4 6.4H6.7l-3-3a1 1 0 0 1 0-1.4l6.7-7.8a1 1 0 0 1 1.4 0ZM7 8.5l5.5 5.5'
  ],
  'mask-brush': ['M3.5 4.5h13v11h-13z', 'F M10 7a3 3 0 0 1 0 6Z', 'M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z'],
  crop: ['M5.5 2.5v12h12M2.5 5.5h12v12'],
  area: [
    'M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13',
    'M5.5 10S7.2 7 10 7s4.5 3 4.5 3-1.7 3-4.5 3-4.5-3-4.5-3Z',
    'F M10 8.9a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2Z'
  ],
  hand: [
    'M6.5 11V5.2a1.2 1.2 0 0 1 2.4 0V9M8.9 9V3.7a1.2 1.2 0 0 1 2.4 0V9M11.3 9V4.7a1.2 1.2 0 0 1 2.4 0v5M13.7 7.5a1.2 1.2 0 0 1 2.3 0c.3 5-.8 9.5-5.5 9.5-2.6 0-3.7-1.3-5-3.5L3.7 10.5c-.6-1.2.8-2 1.7-1.1l1.1 1.6'
  ],
  zoom: ['M13 8.5a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0ZM12 12l5 5'],
  new: ['M5 2.5h6.5l4 4v11H5zM11.5 2.5v4h4M10.2 9v5M7.7 11.5h5'],
  open: ['M3 15.5v-11h4.5l1.5 2h6.5v2M3 15.5l2.5-7h12l-2.5 7H3Z'],
  save: ['M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 13.5v3h13v-3'],
  undo: ['M7 4 3.5 7.5 7 11M3.5 7.5H12a4.250 4.250 0 0 1 0 8.5H8'],
  redo: ['M13 4l3.5 3.5L13 11M16.5 7.5H8a4.250 4.250 0 0 0 0 8.5h4'],
  'zoom-in': ['M10 4v12M4 10h12'],
  'zoom-out': ['M4 10h12'],
  fit: ['M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13M7 7h6v6H7z'],
  keyboard: ['M2.5 5.5h15v9h-15zM5 8.2h.8M8 8.2h.8M11 8.2h.8M14 8.2h.8M6.5 11.7h7'],
  selection: [
    'M3.5 6V3.5H6M8.5 3.5h3M14 3.5h2.5V6M16.5 8.5v3M16.5 14v2.5H14M11.5 16.5h-3M6 16.5H3.5V14M3.5 11.5v-3'
  ],
  picture: [
    'M3 4h14v12H3zM3 13.5l4-4 3.5 3.5 2.5-2.5 4 4',
    'F M12 7.3a1.3 1.3 0 1 0 2.6 0 1.3 1.3 0 1 0-2.6 0Z'
  ],
  eye: [
    'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Z',
    'F M10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z'
  ],
  'eye-off': [
    'M4 11.5c1.2 1.6 3.2 3.5 6 3.5 3 0 5-1.9 6-3.5M3 9.8l1 1.7M17 9.8l-1 1.7M10 15v1.8M6.5 14l-.8 1.4M13.5 14l.8 1.4'
  ],
  unseen: ['M3 4h14v12H3zM6 13l8-6M7.5 8.2h.1M12.5 12h.1'],
  control: ['M4 4h5v5H4zM11 11h5v5h-5zM9 6.5h4.500V11M6.5 9v4.500H11'],
  plus: ['M10 4v12M4 10h12'],
  duplicate: ['M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7'],
  mask: ['M3.5 4.5h13v11h-13zM10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z'],
  'merge-down': ['M4 4h12M10 6.5v7M7 10.5l3 3 3-3M4 16.5h12'],
  trash: ['M3.5 5.5h13M8 5.5V3.5h4v2M5 5.5l.8 11h8.4l.8-11M8.5 8.5v5M11.5 8.5v5'],
  close: ['M5 5l10 10M15 5 5 15'],
  swap: ['M6 13.5V6.5h7M10.5 4l2.5 2.5L10.5 9M4 11.5l2 2.5 2-2.5'],
  check: ['M4 10.5 8.5 15 16 5.5'],
  more: [
    'F M4 8.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4ZM10 8.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4ZM16 8.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Z'
  ],
  theme: ['M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z', 'F M10 3.5a6.5 6.5 0 0 1 0 13Z'],
  alert: ['M10 3.5 17 16H3L10 3.5ZM10 8.5v3.5M10 13.8v.4']
} as const satisfies Record<string, readonly string[]>

export type DrawingName = keyof typeof drawings

/** An icon for a button; its meaning is the button's label. */
export function Drawing({ name }: { readonly name: DrawingName }): JSX.Element {
  return (
    <Icon>
      <svg viewBox="0 0 20 20">
        {drawings[name].map((line) =>
          line.startsWith('F') ? (
            <path key={line} d={line.slice(1)} fill="currentColor" />
          ) : (
            <path key={line} d={line} className="drawing-line" />
          )
        )}
      </svg>
    </Icon>
  )
}

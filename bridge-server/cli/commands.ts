import type { Command } from './command.ts'

interface Entry {
  /** For the list of commands. */
  readonly about: string
  /** Only the command that is called is loaded. */
  readonly load: () => Promise<Command>
}

/** Every command but `serve`, which is the server itself. */
export const commands: Readonly<Record<string, Entry>> = {
  txt2img: {
    about: 'pictures from a prompt',
    load: async () => (await import('./txt2img.ts')).txt2img
  },
  img2img: {
    about: 'change a picture',
    load: async () => (await import('./img2img.ts')).img2img
  },
  inpaint: {
    about: 'something new where a mask is white',
    load: async () => (await import('./inpaint.ts')).inpaint
  },
  outpaint: {
    about: 'go on beyond the edges of a picture',
    load: async () => (await import('./outpaint.ts')).outpaint
  },
  depth2img: {
    about: 'new looks, same shapes',
    load: async () => (await import('./depth2img.ts')).depth2img
  },
  upscale: {
    about: 'make a picture larger',
    load: async () => (await import('./upscale.ts')).upscale
  },
  models: {
    about: 'list, info, add, verify, remove',
    load: async () => (await import('./models.ts')).models
  },
  info: {
    about: 'what a picture or a model file says of itself',
    load: async () => (await import('./info.ts')).info
  },
  watermark: {
    about: 'read the invisible watermark of a picture',
    load: async () => (await import('./watermark.ts')).watermark
  },
  doctor: {
    about: 'whether all is well on this computer, and what to do where not',
    load: async () => (await import('./doctor.ts')).doctor
  }
}

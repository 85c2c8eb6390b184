// Lets Node run TypeScript: `node --import` this file, or import it first.
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Compiled code is kept between starts where Node can (since 22.1), in a folder of ours: /tmp is everybody's.
module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/marquee', import.meta.url)))

// Node takes types away itself since 22.18; older ones need a loader, which doubles the time of every start.
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api')
  register()
}

// Lets Node run TypeScript: `node --import` this file, or import it first.
import { register } from 'tsx/esm/api'

// These come as hundreds of small files of JavaScript, and tsx would look into each: a second at every start.
for (const name of ['typebox', 'typebox/value']) await import(name)

register()

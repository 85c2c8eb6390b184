// As typescript.mjs, for the processes that check messages. The schemas' package comes as hundreds of small files of JavaScript; tsx
// would look into each, a second at every start, so they are loaded before it. The engine and the threads do without.
if (!process.features.typescript) for (const name of ['typebox', 'typebox/value']) await import(name)
await import('./typescript.mjs')

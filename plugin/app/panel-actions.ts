import type { Actions } from './actions.ts'

/** What the panel's own controls ask for: everything but pictures, which come to them as thumbnails, and files, which an entry may take. */
export type PanelActions = Omit<Actions, 'picture' | 'addModels'>

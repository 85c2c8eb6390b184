import { createContext, useContext } from 'react'
import type { ControlKit } from '../control-kit.ts'

/** Null on a page that has nothing to do with models. */
export const ControlContext = createContext<ControlKit | null>(null)

export const useControlKit = (): ControlKit | null => useContext(ControlContext)

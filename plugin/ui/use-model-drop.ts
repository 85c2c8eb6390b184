import type { DragEvent } from 'react'
import { isModelFile } from '../app/model-actions.ts'
import { useApp } from './use-app.ts'

/** What makes an element take dropped model files; everything else that is dropped is left to the editor. */
export function useModelDrop() {
  const { addModels } = useApp()
  if (addModels === undefined) return {}
  return {
    onDragOver(event: DragEvent) {
      if (event.dataTransfer.types.includes('Files')) event.preventDefault()
    },
    onDrop(event: DragEvent) {
      const files = [...event.dataTransfer.files].filter(({ name }) => isModelFile(name))
      if (files.length === 0) return
      event.preventDefault()
      event.stopPropagation()
      void addModels(files.map((file) => ({ name: file.name, file })))
    }
  }
}

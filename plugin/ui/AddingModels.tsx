import { ProgressBar } from './controls.tsx'
import { useAppState } from './use-app.ts'

/** Model files on their way to the server. */
export function AddingModels() {
  const adding = useAppState((state) => state.adding)
  return adding.map((name) => (
    <ProgressBar key={name} label={`Adding ${name}`} width="100%" size="S" isIndeterminate />
  ))
}

import { createRequire } from 'node:module'
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { expect, it } from 'vitest'

interface Rules {
  readonly forbidden: IForbiddenRuleType[]
  readonly options: Record<string, unknown>
}

it('keeps its layers and its doors', async () => {
  const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as Rules
  const { output } = await cruise(
    ['bridge-server', 'plugin'],
    { ...options, ruleSet: { forbidden }, validate: true },
    undefined,
    { tsConfig: extractTSConfig('tsconfig.json') }
  )
  const { modules, summary } = output as ICruiseResult
  // A checker that reads nothing is green too.
  expect(modules.filter(({ source }) => source.endsWith('.ts')).length).toBeGreaterThan(100)
  expect(summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`)).toEqual([])
}, 60_000)

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..', 'bridge-server')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Every `new AppError(code, details)` that may say 'bad-message'. */
function complaintsIn(file: string): readonly { readonly place: string; readonly hasHint: boolean }[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(path.join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true
  )
  const found: { place: string; hasHint: boolean }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'AppError') {
      const [code, details] = node.arguments ?? []
      const names =
        details !== undefined && ts.isObjectLiteralExpression(details)
          ? details.properties.map((property) => property.name?.getText())
          : []
      if (code?.getText().includes("'bad-message'") === true)
        found.push({
          place: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
          hasHint: names.includes('hint')
        })
    }
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

it('every bad message is refused with what to do about it', () => {
  const complaints = files.flatMap(complaintsIn)
  expect(complaints.length).toBeGreaterThan(30)
  expect(complaints.filter(({ hasHint }) => !hasHint).map(({ place }) => place)).toEqual([])
})

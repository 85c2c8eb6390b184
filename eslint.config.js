import { defineConfig } from 'eslint/config'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

export default defineConfig(
  { ignores: ['node_modules', 'dist', 'models', 'tests/fixtures', '**/*.{js,mjs,cjs}'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 14],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          selector:
            "NewExpression[callee.name='AppError']:has(Literal[value='bad-message']) > ObjectExpression:not(:has(> Property[key.name='hint']))",
          message: 'Who sends a bad message is told what to do about it: give a hint.'
        }
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }]
    }
  },
  {
    // Loops over typed arrays: an index in range is certain there and the compiler cannot see it.
    files: [
      'bridge-server/{tensor,image,annotate,sampling,weights,nn,pipeline,prompt}/**',
      'plugin/hosts/{canvas,photoshop}/**',
      'tests/**'
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' }
  },
  {
    files: ['tests/**', '*.config.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-restricted-syntax': 'off'
    }
  }
)

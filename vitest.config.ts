import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['tests/support/quick-equality.ts'],
          include: ['tests/**/*.test.{ts,tsx}'],
          exclude: ['tests/e2e/**', 'tests/**/*.model.test.ts', 'tests/**/*.fuzz.test.ts'],
          testTimeout: 20_000,
          // Loading the same modules for every file anew takes as long as the tests; they share no state.
          pool: 'threads',
          isolate: false,
          maxWorkers: '100%'
        }
      },
      {
        test: {
          name: 'fuzz',
          include: ['tests/**/*.fuzz.test.ts'],
          testTimeout: 180_000,
          pool: 'forks',
          maxWorkers: 2
        }
      },
      {
        test: {
          name: 'model',
          setupFiles: ['tests/support/quick-equality.ts'],
          include: ['tests/**/*.model.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          // Most wait for a process of theirs that starts, which is one thread's work.
          maxWorkers: 2
        }
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.e2e.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          // Each file is a person at a Marquee of their own; much of their time they wait.
          maxWorkers: 2
        }
      }
    ]
  }
})

import { defineConfig } from 'vitest/config'

// Packages are tested from their sources; a test that needs threads or a server uses the built `dist/` (npm test builds first).
export default defineConfig({
  resolve: { conditions: ['haechi:source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['haechi:source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/src/**/*.test.tsx', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.mjs'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})

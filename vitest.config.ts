import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// `import` must not stand here: vitest hands the list to Node, which would then answer `require` with ES modules.
const conditions = ['haechi:source', 'module', 'node', 'development|production']

// Packages are tested from their sources; a test that needs threads or a server uses the built `dist/` (npm test builds first).
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/src/**/*.test.tsx', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.mjs'],
    pool: 'forks',
    // Many tests wait for servers and browsers: two files at once, also where there are only two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/programs.ts'],
    // Outcomes are awaited with bounds of their own, below these.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores: more files at once would only make each other slow.
    maxWorkers: 2,
    pool: 'forks',
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/programs.ts'],
    // Outcomes are awaited with bounds of their own, below these.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // On two cores: much of the time is waiting, and four would make each other slow.
    maxWorkers: 3,
    pool: 'forks',
  },
});

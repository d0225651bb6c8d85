import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

// What takes longer than somebody wants to wait for after each change. CI runs it, too.
export default defineConfig({ test: { ...config.test, include: ['test/**/*.long.ts'] } });

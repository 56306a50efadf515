import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages', 'apps', 'conformance', 'bench', 'tools'].map((room) => `${room}/**/*.test.ts`),
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
  },
});

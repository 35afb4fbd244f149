import { defineConfig } from 'vitest/config';

const files = (folder: string) => [`test/${folder}/**/*.test.ts`];

/** Against one TaskQ that all test files share. */
const deployed = { testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false };

export default defineConfig({
  test: {
    // An emulator that hangs at its end is given 10 s before it is killed.
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          // None takes long by itself; on a machine that is busy with other things the default of 5 s is no sign of a fault.
          testTimeout: 60_000,
          include: [
            ...files('core'),
            ...files('functions'),
            ...files('jobs'),
            ...files('client'),
            ...files('local'),
            ...files('simulation'),
            ...files('bench'),
            ...files('chaos'),
          ],
        },
      },
      { test: { name: 'contract', include: files('contract'), testTimeout: 60_000, hookTimeout: 240_000 } },
      { test: { name: 'template', include: files('infra'), testTimeout: 60_000, hookTimeout: 120_000 } },
      { test: { name: 'e2e', include: files('e2e'), globalSetup: 'test/e2e/setup.ts', ...deployed } },
      { test: { name: 'smoke', include: files('smoke'), globalSetup: 'test/smoke/setup.ts', ...deployed } },
    ],
  },
});

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Shared by every package: `vitest run --config ../../vitest.config.ts` from the package's own folder.
// The JSON report is what `npm test` sums; its folder is ignored by git and kept by turbo as the task's output.
export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: '.tidegate/vitest.json' },
    setupFiles: [fileURLToPath(new URL('vitest.setup.ts', import.meta.url))],
    allowOnly: false,
    passWithNoTests: false,
    // For a busy machine of two cores; a test that hangs is still told by its name.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

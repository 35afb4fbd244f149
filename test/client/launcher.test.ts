import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { aFolder, runNode } from './run-taskq.ts';

const launcher = resolve(import.meta.dirname, '../../client/taskq.mjs');

test('runs the command, here or with the project’s own Node; without that, says what to do', async () => {
  const folder = aFolder('http://127.0.0.1:1/local');
  const here = await runNode([launcher, 'health'], folder);
  expect(here).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('cannot reach TaskQ at http://127.0.0.1:1'),
  });
  // As a Node before 22.18 would: one that does not run TypeScript.
  const older = await runNode(['--no-strip-types', launcher, 'health'], folder);
  expect(older).toEqual(here);
  const alone = join(folder, 'taskq.mjs');
  copyFileSync(launcher, alone);
  const none = await runNode(['--no-strip-types', alone, 'health'], folder);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('Run `npm install` in the project, which brings it, or install Node 24.');
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localstackEnvironment } from '../../local/localstack.ts';
import { statePaths } from '../../local/state.ts';

it('the executor runs, times, ends and reports functions as Lambda does', () => {
  const tmp = mkdtempSync(join(realpathSync(tmpdir()), 'executor-test-'));
  const { status, stderr } = spawnSync(
    join(statePaths().localstack, 'bin', 'python'),
    [join(import.meta.dirname, 'executor_test.py')],
    { env: localstackEnvironment({ port: 1, auth: false, tmp }), encoding: 'utf8' },
  );
  rmSync(tmp, { recursive: true });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^Ran 5 tests in/m);
});

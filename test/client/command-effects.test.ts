import { expect, test } from 'vitest';
import { jobId } from './a-job.ts';
import { aTaskq } from './run-taskq.ts';

const at = '2026-11-22T03:00:31.500Z';

test('effects are a table, with the run where attempts count from 1 again', async () => {
  const effects = [
    { key: 'charge', value: { id: 'ch_1' }, attempt: 1, run: 1, at },
    { key: 'mail', value: null, attempt: 2, run: 5, at },
  ];
  const { taskq } = await aTaskq({ getEffects: () => ({ status: 200, body: { effects } }) });
  const { code, stdout } = await taskq(['effects', jobId]);
  expect(code).toBe(0);
  expect(
    stdout
      .replaceAll(/ (\d+[smhd] ago|in \d+[smhd])/g, ' AGE')
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ['KEY', 'BY', 'STORED', 'VALUE'],
    ['charge', 'attempt 1', 'AGE', '{"id":"ch_1"}'],
    ['mail', 'attempt 2 (run 5)', 'AGE', 'null'],
    [''],
  ]);
  expect((await taskq(['effects', jobId, '--json'])).stdout).toBe(`${JSON.stringify({ effects })}\n`);
});

test('none is said', async () => {
  const { taskq } = await aTaskq({ getEffects: () => ({ status: 200, body: { effects: [] } }) });
  expect(await taskq(['effects', jobId])).toEqual({ code: 0, stdout: 'nothing yet\n', stderr: '' });
});

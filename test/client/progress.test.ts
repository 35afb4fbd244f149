import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { openProgress } from '../../client/progress.ts';
import { aJob } from './a-job.ts';

/** All that is written to a terminal, or to a file. */
function aStream(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? '') };
}

const looks = [
  [aJob(), aJob({ status: 'running' })],
  [aJob(), aJob({ status: 'running' })],
  [aJob({ status: 'failed' }), aJob({ status: 'completed' }), aJob({ status: 'cancelled' })],
];

test('on a terminal a bar, redrawn, that ends full', () => {
  const { stream, written } = aStream(true);
  const progress = openProgress(stream);
  for (const jobs of looks) progress.show(jobs);
  progress.stop();
  const drawn = stripVTControlCharacters(written());
  expect(drawn).toMatch(/^-{24} 0\/2 final: 1 running, 1 pending/);
  expect(drawn).toMatch(/={24} 3\/3 final: 1 cancelled, 1 failed, 1 completed\n$/);
});

test('a single job shows how far it says it is, between two parts of it too', () => {
  const { stream, written } = aStream(false);
  const progress = openProgress(stream);
  const at = '2026-11-22T03:00:00.000Z';
  const far = aJob({ status: 'running', progress: { percent: 40, note: 'rows read', at } });
  const snoozing = aJob({ ...far, status: 'scheduled' });
  const over = aJob({ ...far, status: 'completed' });
  for (const jobs of [[far], [far, far], [snoozing], [over]]) progress.show(jobs);
  expect(written().split('\n')).toEqual([
    '0/1 final: 1 running: 40 %, rows read',
    '0/2 final: 2 running',
    '0/1 final: 1 scheduled: 40 %, rows read',
    '1/1 final: 1 completed',
    '',
  ]);
});

test('elsewhere a line for each change', () => {
  const { stream, written } = aStream(false);
  const progress = openProgress(stream);
  for (const jobs of looks) progress.show(jobs);
  progress.stop();
  expect(written()).toBe('0/2 final: 1 running, 1 pending\n3/3 final: 1 cancelled, 1 failed, 1 completed\n');
});

import { expect, test } from 'vitest';
import { inPassing } from '../../../functions/work/in-passing.ts';
import { aClock } from '../../support/clock.ts';

const errors: string[] = [];
const onError = (error: unknown) => void errors.push((error as Error).message);

test('what the step brings is had, and no timer is left', async () => {
  const clock = aClock();
  expect(await inPassing(Promise.resolve('kept'), clock.after, onError)).toBe('kept');
  await clock.advance(10_000);
  expect(errors).toEqual([]);
});

test('a step that fails brings nothing, and is told of', async () => {
  expect(await inPassing(Promise.reject(new Error('refused')), aClock().after, onError)).toBeUndefined();
  expect(errors.splice(0)).toEqual(['refused']);
});

test('a step that hangs is given up after two seconds', async () => {
  const clock = aClock();
  let brought: unknown = 'nothing yet';
  const waiting = inPassing(new Promise(() => {}), clock.after, onError).then((value) => {
    brought = value;
  });
  await clock.advance(1_999);
  expect(brought).toBe('nothing yet');
  await clock.advance(1);
  await waiting;
  expect(brought).toBeUndefined();
  expect(errors.splice(0)).toEqual(['it took longer than 2000 ms']);
});

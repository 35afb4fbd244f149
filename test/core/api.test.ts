import { describe, expect, test } from 'vitest';
import * as api from '../../core/api.ts';
import { check } from '../../core/faults.ts';

test('limits', () => {
  expect(api.maxPayloadBytes).toBe(1_048_576);
  expect(api.maxBatchBytes).toBe(4_194_304);
  expect(api.maxBatchJobs).toBe(1000);
  expect(api.maxBodyDepth).toBe(500);
  expect(api.maxDelaySecondsOfRequest).toBe(31_536_000);
  expect(api.maxWaitSeconds).toBe(20);
  expect([api.defaultListLimit, api.maxListLimit]).toEqual([50, 200]);
});

describe('a batch', () => {
  const faults = (body: unknown) => {
    const checked = check(api.batchRequest, body, 'invalid_request', 'x');
    return checked.ok
      ? []
      : (checked.problem.details ?? []).map(({ path, message }) => `${path}: ${message}`);
  };
  test.each<[string, unknown, string[]]>([
    ['of one', { jobs: [{}] }, []],
    ['of 1,000, whatever they are', { jobs: Array(1000).fill(null) }, []],
    ['of none', { jobs: [] }, ['/jobs: must have at least 1 entry']],
    ['of 1,001', { jobs: Array(1001).fill({}) }, ['/jobs: must have at most 1000 entries']],
    ['without jobs', {}, ['/jobs: is missing']],
    ['that is a list', [{}], [': must be an object']],
    ['that is null', null, [': must be an object']],
    ['with more beside', { jobs: [{}], atomic: true }, ['/atomic: unknown field']],
  ])('%s', (_, body, expected) => {
    expect(faults(body)).toEqual(expected);
  });
});

test('the document shows a batch’s jobs as single ones, within the same bounds', () => {
  const bad = { jobs: [{ type: 'a', payload: 1, priority: 10 }] };
  expect(check(api.batchDocument, bad, 'invalid_request', 'x')).toMatchObject({
    problem: { details: [{ path: '/jobs/0/priority', message: 'must be at most 9' }] },
  });
  expect(check(api.batchDocument, { jobs: [] }, 'invalid_request', 'x').ok).toBe(false);
  expect(check(api.batchRequest, bad, 'invalid_request', 'x').ok).toBe(true);
});

test.each<[string, string, boolean]>([
  ['one character', 'a', true],
  ['64', 'a'.repeat(64), true],
  ['65', 'a'.repeat(65), false],
  ['all there are', 'az09._-', true],
  ['a space', 'a b', false],
])('a type or queue of %s', (_, name, taken) => {
  expect(check(api.enqueueRequest, { type: name, payload: 1 }, 'invalid_request', 'x').ok).toBe(taken);
});

test.each([
  [900, true],
  [901, false],
])('a timeout of %d s', (timeout_seconds, taken) => {
  const body = { type: 'a', payload: 1, timeout_seconds };
  expect(check(api.enqueueRequest, body, 'invalid_request', 'x').ok).toBe(taken);
});

describe('a retry’s body', () => {
  const taken = (body: unknown) => check(api.retryRequest, body, 'invalid_request', 'x').ok;
  test.each([{}, { payload: null }, { payload: { a: 1 } }])('may be %j', (body) => {
    expect(taken(body)).toBe(true);
  });
  test.each([null, [], 5, { priority: 9 }])('may not be %j', (body) => {
    expect(taken(body)).toBe(false);
  });
});

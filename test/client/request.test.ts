import { expect, test } from 'vitest';
import { isRepeatable, queryString, requestOf } from '../../client/request.ts';
import { jobId } from './a-job.ts';

const base = new URL('http://127.0.0.1:4566/restapis/abc/local/_user_request_');

test('without a tenant the path is that of tenant default, below the path of the URL', () => {
  expect(requestOf(base, undefined, 'getResult', { id: jobId })).toEqual({
    method: 'GET',
    path: '/restapis/abc/local/_user_request_/v1/jobs/019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03/result',
    query: {},
    headers: { host: '127.0.0.1:4566' },
  });
});

test('a tenant is named in the path of jobs and not in that of /health', () => {
  const path = (name: 'enqueueBatch' | 'getHealth') =>
    requestOf(new URL('http://h/prod'), 'acme', name, {}).path;
  expect(path('enqueueBatch')).toBe('/prod/v1/tenants/acme/jobs/batch');
  expect(path('getHealth')).toBe('/prod/health');
});

test('a body is JSON, and the key a header', () => {
  const request = requestOf(base, undefined, 'enqueueJob', { body: { payload: 'ü' }, idempotencyKey: 'k' });
  expect(request.body).toBe('{"payload":"ü"}');
  expect(request.headers).toEqual({
    host: '127.0.0.1:4566',
    'content-type': 'application/json',
    'idempotency-key': 'k',
  });
});

test('segments of the path are escaped', () => {
  expect(requestOf(new URL('http://h'), undefined, 'getJob', { id: "a b/é'" }).path).toBe(
    '/v1/jobs/a%20b%2F%C3%A9%27',
  );
});

test.each(['', '.', '..'])('a segment "%s" is refused: it would make another route of the path', (id) => {
  expect(() => requestOf(base, undefined, 'cancelJob', { id })).toThrow(`"${id}" is not a job id`);
  expect(() => requestOf(base, id, 'listJobs', {})).toThrow(`"${id}" is not a tenant`);
});

test('a query leaves out what is undefined, and is sorted and escaped as it is signed', () => {
  const { query } = requestOf(base, undefined, 'listJobs', {
    query: { type: undefined, tag: ['b', 'a (1)*'], limit: 10, cursor: 'x+/=' },
  });
  expect(queryString(query)).toBe('cursor=x%2B%2F%3D&limit=10&tag=a%20%281%29%2A&tag=b');
});

test('reads and keyed calls may be repeated, retry and cancel may not', () => {
  expect(isRepeatable('getJob')).toBe(true);
  expect(isRepeatable('enqueueJob')).toBe(true);
  expect(isRepeatable('enqueueBatch')).toBe(true);
  expect(isRepeatable('retryJob')).toBe(false);
  expect(isRepeatable('cancelJob')).toBe(false);
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findConnection } from '../../client/connection.ts';
import { aFolder } from './run-taskq.ts';
import { testKey } from './sigv4.ts';

const localUrl = 'http://127.0.0.1:4566/restapis/abc/local/_user_request_';
let local: string;
let bare: string;
beforeEach(() => {
  local = aFolder(localUrl);
  bare = aFolder();
});

const awsUrl = 'https://abc123.execute-api.us-east-2.amazonaws.com/prod';
const fromLocal = { apiUrl: localUrl, region: 'eu-west-1', credentials: testKey };

describe('where the API is', () => {
  test('flags go before TASKQ_API_URL, that before the nearest local.json', () => {
    const flags = { apiUrl: 'http://flag', region: 'r' };
    const env = { TASKQ_API_URL: awsUrl };
    expect(findConnection(flags, env, local)).toEqual({ apiUrl: 'http://flag', region: 'r' });
    expect(findConnection({}, env, local)).toEqual({ apiUrl: awsUrl, region: 'us-east-2' });
    expect(findConnection({}, {}, local)).toEqual(fromLocal);
  });

  test('local.json is found from a folder below', () => {
    const below = join(local, 'a', 'b');
    mkdirSync(below, { recursive: true });
    expect(findConnection({}, {}, below)).toEqual(fromLocal);
  });

  test('a slash at the end is dropped', () => {
    expect(findConnection({ apiUrl: `${awsUrl}/` }, {}, bare).apiUrl).toBe(awsUrl);
  });

  test('an empty variable is none', () => {
    expect(findConnection({}, { TASKQ_API_URL: '' }, local)).toEqual(fromLocal);
  });
});

describe('as whom', () => {
  test("local.json's key goes with its own URL, however that was named, and with no other", () => {
    expect(findConnection({ apiUrl: `${localUrl}/` }, {}, local)).toEqual(fromLocal);
    expect(findConnection({ apiUrl: awsUrl }, {}, local).credentials).toBeUndefined();
  });
});

describe('the region', () => {
  test('is the one of the URL rather than of the environment', () => {
    const env = { AWS_REGION: 'ap-south-1' };
    expect(findConnection({}, env, local).region).toBe('eu-west-1');
    expect(findConnection({ apiUrl: awsUrl }, env, bare).region).toBe('us-east-2');
    expect(findConnection({ apiUrl: 'https://jobs.example.com' }, env, bare).region).toBe('ap-south-1');
  });

  test('a flag overrides', () => {
    expect(findConnection({ region: 'sa-east-1' }, {}, local).region).toBe('sa-east-1');
    expect(findConnection({ apiUrl: awsUrl, region: 'sa-east-1' }, {}, bare).region).toBe('sa-east-1');
  });
});

describe('what cannot be used is told', () => {
  test('nothing at all', () => {
    expect(() => findConnection({}, {}, bare)).toThrow(`(no .taskq/local.json at or above ${bare})`);
  });

  test('no URL', () => {
    expect(() => findConnection({ apiUrl: 'ftp://x' }, {}, bare)).toThrow('"ftp://x" is not an API URL');
    expect(() => findConnection({ apiUrl: 'jobs' }, {}, bare)).toThrow('"jobs" is not an API URL');
  });

  test('no region', () => {
    expect(() => findConnection({ apiUrl: 'https://jobs.example.com' }, {}, bare)).toThrow(
      'no region for https://jobs.example.com: give --region or set AWS_REGION',
    );
  });

  test('a torn local.json', () => {
    const torn = aFolder(localUrl);
    writeFileSync(join(torn, '.taskq', 'local.json'), '{"apiUrl":');
    expect(() => findConnection({}, {}, torn)).toThrow('run `npm run up` again, or remove it');
  });
});

import { afterEach, expect, it, vi } from 'vitest';
import { readEnv } from '../../functions/env.ts';

afterEach(() => vi.unstubAllEnvs());

it('two missing variables: one error naming the function and both', () => {
  vi.stubEnv('JOBS_TABLE', undefined);
  vi.stubEnv('DATA_BUCKET', undefined);
  vi.stubEnv('CONTROL_TABLE', 'control');
  vi.stubEnv('LANES', '{}');
  vi.stubEnv('WORKER_LOGS', '{}');
  expect(() => readEnv('bury')).toThrow(
    'function "bury" is missing JOBS_TABLE, DATA_BUCKET in its environment; infra/ binds what core/wiring.ts lists',
  );
});

it('what is there is read, and nothing else', () => {
  vi.stubEnv('JOBS_TABLE', 'jobs');
  vi.stubEnv('CONTROL_TABLE', 'control');
  vi.stubEnv('LANES', '{}');
  vi.stubEnv('SECRET', 'not for it');
  expect(readEnv('release')).toEqual({ JOBS_TABLE: 'jobs', CONTROL_TABLE: 'control', LANES: '{}' });
});

/** What LocalStack's functions run in: spoken to here as its executor does, over Node's own channel. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { projectRoot } from '../../local/state.ts';

let folder = '';
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-test-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process with this code as its function; its first message. */
async function load(code: string, handler = 'index.handler'): Promise<unknown> {
  writeFileSync(join(folder, 'index.mjs'), code);
  child = fork(join(projectRoot, 'local/localstack/runtime.mjs'), {
    env: {
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    },
    silent: true,
  });
  return await message();
}

async function message(): Promise<unknown> {
  return (await once(child as ChildProcess, 'message'))[0];
}

async function invoke(event: string): Promise<unknown> {
  child?.send({
    ...{ requestId: 'r-1', functionArn: 'arn:f', traceId: 'Root=1', deadlineMs: Date.now() + 60_000 },
    event,
  });
  return await message();
}

const memory = { maxMemoryMb: expect.any(Number) };

test.each([
  ['what it returns', 'async (event) => ({ got: event })', '{"a":1}', '{"got":{"a":1}}'],
  ['nothing', 'async () => {}', '{}', 'null'],
  ['no event', 'async (event) => event', '', '{}'],
  [
    'a context',
    'async (_, { awsRequestId, functionName }) => [awsRequestId, functionName]',
    '{}',
    '["r-1","f"]',
  ],
  ['the time left', 'async (_, c) => Math.round(c.getRemainingTimeInMillis() / 60000)', '{}', '1'],
  ['no parent to talk to', 'async () => typeof process.send', '{}', '"undefined"'],
])('answers with %s', async (_, handler, event, result) => {
  expect(await load(`export const handler = ${handler};`)).toEqual({ loaded: true });
  expect(await invoke(event)).toEqual({ result, ...memory });
});

it('answers 5 MB, and the next invocation in the same process', async () => {
  await load(`let n = 0; export const handler = async () => n++ === 0 ? 'x'.repeat(5e6) : n;`);
  expect(((await invoke('{}')) as { result: string }).result).toHaveLength(5_000_002);
  expect(await invoke('{}')).toEqual({ result: '2', ...memory });
});

it('a thrown error is told by its own name, and the process goes on', async () => {
  await load(`class Odd extends Error { name = 'Odd' }
    export const handler = async (e) => { if (e.bad) throw new Odd('no'); return 1; };`);
  const trace = expect.arrayContaining(['Odd: no']);
  expect(await invoke('{"bad":1}')).toEqual({
    error: { errorType: 'Odd', errorMessage: 'no', trace },
    ...memory,
  });
  expect(await invoke('{}')).toEqual({ result: '1', ...memory });
});

test.each([
  [
    'that throws while it loads',
    `throw new RangeError('at once');`,
    'index.handler',
    'RangeError',
    'at once',
  ],
  ['that is not there', '', 'other.handler', 'Runtime.ImportModuleError', "Cannot find module 'other'"],
  [
    'without its export',
    'export const x = 1;',
    'index.handler',
    'Runtime.HandlerNotFound',
    'index.handler is undefined or not exported',
  ],
])('a function %s ends it', async (_, code, handler, errorType, errorMessage) => {
  const told = await load(code, handler);
  expect(told).toMatchObject({ error: { errorType, errorMessage }, fatal: true });
  expect((await once(child as ChildProcess, 'close'))[0]).toBe(1);
});

it('an error that nobody catches ends it, after it is told', async () => {
  await load(
    `export const handler = () => new Promise(() => setTimeout(() => { throw new Error('late'); }));`,
  );
  expect(await invoke('{}')).toMatchObject({
    error: { errorType: 'Error', errorMessage: 'late' },
    fatal: true,
  });
  expect((await once(child as ChildProcess, 'close'))[0]).toBe(1);
});

it('ends when its parent is gone', async () => {
  await load('export const handler = async () => 1; setInterval(() => {}, 1000);');
  child?.disconnect();
  expect((await once(child as ChildProcess, 'exit'))[0]).toBe(0);
});

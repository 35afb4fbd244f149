import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiHandler } from '../../functions/api.ts';
import { logError, logInvocation, logLine } from '../../functions/log.ts';
import { aJob } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import { enqueuer } from '../support/requests.ts';
import { worker } from '../support/worker.ts';
import { aWorld } from '../support/world.ts';

let printed = '';
beforeEach(() => {
  printed = '';
  const print = (text: unknown) => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(print);
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation((...parts: unknown[]) => void print(parts.join(' ')));
});
afterEach(() => vi.restoreAllMocks());
const lines = () =>
  printed
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));

const marker = 'card-4111-1111';

describe('a line', () => {
  it('is JSON on one line, whatever is in it', () => {
    logLine('info', 'half way', { rows: 5, note: 'a\nb' });
    expect(lines()).toEqual([{ level: 'info', message: 'half way', rows: 5, note: 'a\nb' }]);
    expect(printed.endsWith('\n')).toBe(true);
  });

  it('is one whatever a handler hands over against its types', () => {
    const round: Record<string, unknown> = { card: marker };
    round.self = round;
    const toJSON = () => {
      throw new Error('no');
    };
    const fields = {
      rows: 5n,
      round,
      bare: Object.create(null),
      odd: { toJSON },
      sure: true,
      bytes: 7,
      no: undefined,
    };
    logLine('info', 'half way', fields as never);
    expect(lines()).toEqual([{ level: 'info', message: 'half way', sure: true, bytes: 7 }]);
  });

  it('of an invocation carries its counts as metrics', () => {
    vi.stubEnv('TASKQ', 'billing');
    logInvocation('work', { completed: 3, failed: 0 }, { queue: 'default' }, start);
    vi.unstubAllEnvs();
    expect(lines()).toMatchObject([
      {
        message: 'work',
        queue: 'default',
        calls: '',
        write_units: 0,
        TaskQ: 'billing',
        Source: 'work',
        JobsCompleted: 3,
        _aws: {
          Timestamp: start,
          CloudWatchMetrics: [{ Namespace: 'TaskQ', Dimensions: [['TaskQ', 'Source']] }],
        },
      },
    ]);
    expect(lines()[0]).not.toHaveProperty('JobsFailed');
  });
});

describe('an error in the log', () => {
  it('is its name and where it happened', () => {
    logError('it went wrong', new TypeError('no'), { queue: 'default' });
    expect(lines()).toEqual([
      {
        level: 'error',
        message: 'it went wrong',
        queue: 'default',
        error: 'TypeError',
        frames: expect.stringMatching(/^ {4}at .*log\.test\.ts/),
      },
    ]);
  });

  const no = () => {
    throw new Error(marker);
  };
  const odd = (properties: PropertyDescriptorMap) => Object.defineProperties(new Error(marker), properties);

  it.each([
    ['an error whose name throws', odd({ name: { get: no } }), 'object', undefined],
    ['an error whose name is a number', odd({ name: { value: 5 }, stack: { value: '' } }), '5', ''],
    ['an error whose message throws', odd({ message: { get: no } }), 'object', undefined],
    ['an error whose message is a number', odd({ message: { value: 5 } }), 'Error', ''],
    ['an error whose stack is a list', odd({ stack: { value: [marker] } }), 'object', undefined],
    ['a Proxy that throws', new Proxy({}, { get: no, getPrototypeOf: no }), 'object', undefined],
    ['an object with a name', { name: marker }, 'object', undefined],
    ['an object without a prototype', Object.create(null), 'object', undefined],
    ['a symbol', Symbol(marker), 'symbol', undefined],
  ])('may be anything: %s', (_, thrown, error, frames) => {
    logError('it went wrong', thrown, { queue: 'default' });
    expect(printed).not.toContain(marker);
    expect(lines()).toEqual([
      {
        level: 'error',
        message: 'it went wrong',
        queue: 'default',
        error,
        ...(frames === undefined ? {} : { frames }),
      },
    ]);
  });

  it.each([
    ['its message', new Error(`bad ${marker}`)],
    ['a message that looks like a stack', new Error(`bad\n    at ${marker} (file.ts:1:1)\n    at ${marker}`)],
    ['a message changed afterwards', Object.assign(new Error(`\n    at ${marker}`), { message: 'short' })],
    ['a thrown text', `bad ${marker}`],
    ['its cause', new Error('outer', { cause: new Error(marker) })],
    ['its fields', Object.assign(new Error('bad'), { value: marker })],
  ])('never shows %s', (_, error) => {
    logError('it went wrong', error, {});
    expect(printed).not.toContain(marker);
    expect(lines()).toHaveLength(1);
  });
});

describe('nothing of a payload is ever logged', () => {
  const loud = {
    log: (message: string, fields: Record<string, string | number | boolean>) =>
      logLine('info', message, fields),
    onError: (message: string, error: unknown) => logError(message, error, {}),
  };

  it('by jobs that return it, throw it, or are broken by it', async () => {
    const world = aWorld();
    const payloads = [
      { do: 'return', marker },
      { do: 'throw', marker },
      { do: 'reject', marker },
    ];
    const jobs = await Promise.all(payloads.map((each) => world.job(each)));
    const misfit = await world.job({ name: 5, [marker]: marker }, { type: 'greet' });
    const spoilt = await world.job(marker);
    world.store.put({ ...spoilt, payload: { ...spoilt.payload, tag: new Uint8Array(16) } as never });
    world.point('normal', ...jobs, misfit, spoilt, aJob());
    world.lanes.put('normal', `{"marker":"${marker}"`);
    world.faults.throwBefore('hide');
    const handler = async (payload: { do: string; marker: string }) => {
      if (payload.do === 'return') return payload;
      if (payload.do === 'throw') throw new Error(`refused ${payload.marker}\n    at ${payload.marker}`);
      throw payload.marker;
    };
    const { invoke } = worker(world, handler as never, loud);
    await invoke('normal');
    expect(lines().length).toBeGreaterThanOrEqual(5);
    expect(printed).not.toContain(marker);
  });

  it('by a worker whose every write fails', async () => {
    const world = aWorld();
    world.point('normal', await world.job(marker), await world.job(marker));
    const { invoke } = worker(
      world,
      async (payload) => {
        for (const method of ['putItems', 'change', 'hide', 'deliver']) world.faults.throwBefore(method);
        throw new Error(payload);
      },
      loud,
    );
    await invoke('normal');
    expect(lines().filter((each) => each.level === 'error').length).toBeGreaterThanOrEqual(2);
    expect(printed).not.toContain(marker);
  });

  const event = (body: string) =>
    ({
      httpMethod: 'POST',
      resource: '/v1/jobs',
      headers: {},
      body,
      requestContext: { requestId: 'request-1', identity: {} },
    }) as unknown as APIGatewayProxyEvent;

  it.each([
    ['taken', JSON.stringify({ type: 'echo', payload: marker })],
    ['not JSON', `{"payload":"${marker}`],
    ['refused', JSON.stringify({ type: 'greet', payload: { name: 1, [marker]: marker } })],
    ['of an unknown type', JSON.stringify({ type: marker, payload: 1 })],
  ])('by a request that is %s', async (_, body) => {
    const world = aWorld();
    const { post } = enqueuer(world);
    const handler = apiHandler('enqueue', (request) => post({}, request));
    await handler(event(body), { awsRequestId: 'request-1' } as never);
    expect(lines()).toMatchObject([{ message: 'enqueue', request_id: 'request-1', route: 'enqueueJob' }]);
    expect(printed).not.toContain(marker);
  });

  it('by a request that fails inside', async () => {
    const handler = apiHandler('enqueue', async () => {
      throw new Error(`inside ${marker}`);
    });
    const answer = await handler(event('{}'), { awsRequestId: 'request-1' } as never);
    expect(answer.statusCode).toBe(500);
    expect(lines()).toMatchObject([
      { level: 'error', error: 'Error', request_id: 'request-1' },
      { status: 500 },
    ]);
    expect(printed + answer.body).not.toContain(marker);
  });
});

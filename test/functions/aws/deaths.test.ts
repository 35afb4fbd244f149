import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';

interface Line {
  message: string;
  stream: string;
  at: number;
}
/** Stands for CloudWatch Logs: what it is asked, and what it has. */
const logs = vi.hoisted(() => ({
  asked: [] as unknown[],
  lines: [] as Line[],
  find: async (): Promise<Line[]> => logs.lines,
}));
vi.mock('../../../functions/aws/logs.ts', () => ({
  findLines: async (group: string, query: { phrase: string }) => {
    logs.asked.push([group, query]);
    return (await logs.find()).filter(({ message }) => message.includes(query.phrase));
  },
}));
const { deathFinder } = await import('../../../functions/aws/deaths.ts');

const id = 'ea16baa3-8af4-46cb-9d1d-5b32f402cea1';
const owner = '6ha6o4r0RsudHVsy9ALOoQ';
const errors: string[] = [];
const find = deathFinder(
  { default: { group: '/log/default', timeoutMs: 45_000 } },
  (message) => void errors.push(message),
);
const line = (message: string, at = start): Line => ({ message, stream: 'stream-1', at });
const lost = (fields = {}) => aJob({ status: 'running', owner, ...fields });

beforeEach(() => {
  logs.asked = [];
  logs.lines = [];
  logs.find = async () => logs.lines;
  errors.length = 0;
});
afterEach(() => void vi.useRealTimers());

describe('how a process died', () => {
  it('is asked by its invocation, in the log of its queue, then what V8 said meanwhile in its stream', async () => {
    logs.lines = [
      line(`START RequestId: ${id}`, start + 10),
      line('FATAL ERROR: … JavaScript heap out of memory', start + 20),
      line(`REPORT RequestId: ${id}\tDuration: 9 ms`, start + 30),
    ];
    expect(await find(lost())).toEqual({ cause: 'out_of_memory', requestId: id, logStream: 'stream-1' });
    expect(logs.asked).toEqual([
      ['/log/default', { phrase: id, from: start - 60_000 }],
      [
        '/log/default',
        { phrase: 'heap out of memory', from: start + 10, to: start + 30, stream: 'stream-1' },
      ],
    ]);
  });

  it('knows what the function of its queue may take', async () => {
    logs.lines = [line(`REPORT RequestId: ${id}\tDuration: 45000 ms`)];
    expect((await find(lost())).cause).toBe('timeout');
  });

  it('is not in the log: a lost lease of a known invocation', async () => {
    expect(await find(lost())).toEqual({ cause: 'lease_lost', requestId: id });
    expect(logs.asked).toHaveLength(1);
  });

  it.each([
    ['an older release claimed it', { owner: 'dH8-2kLmN0pq' }],
    ['nobody holds it', { owner: undefined }],
    ['its queue is not deployed any more', { queue: 'gone' }],
  ])('cannot be asked: %s', async (_, fields) => {
    expect(await find(lost(fields))).toEqual({ cause: 'lease_lost' });
    expect(logs.asked).toEqual([]);
  });

  it('is not told: a lost lease, and a line in the log', async () => {
    logs.find = () => Promise.reject(new Error('denied'));
    expect(await find(lost())).toEqual({ cause: 'lease_lost', requestId: id });
    expect(errors).toEqual(['the log of a process that died could not be read']);
  });

  it('is not told within 2 s: a lost lease', async () => {
    vi.useFakeTimers();
    logs.find = () => new Promise(() => {});
    let death: unknown;
    void find(lost()).then((found) => {
      death = found;
    });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(death).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(death).toEqual({ cause: 'lease_lost', requestId: id });
  });
});

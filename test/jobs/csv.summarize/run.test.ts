import { describe, expect, it } from 'vitest';
import run from '../../../jobs/csv.summarize/run.ts';
import { jobContext } from '../context.ts';

describe('the job', () => {
  it('profiles text that came with it', async () => {
    expect(await run({ csv: 'a\n1\n' }, jobContext())).toMatchObject({ rows: 1, bytes: 4 });
  });

  it('streams an object of the data bucket', async () => {
    const keys: string[] = [];
    async function* object() {
      yield Buffer.from('a;b\n1;');
      yield Buffer.from('2\n');
    }
    const read = async (key: string) => {
      keys.push(key);
      return object();
    };
    expect(await run({ key: 'in/a.csv', delimiter: ';' }, jobContext({ read }))).toMatchObject({
      rows: 1,
      bytes: 8,
    });
    expect(keys).toEqual(['in/a.csv']);
  });

  it('passes on what reading throws', async () => {
    const gone = new Error('gone');
    async function* object() {
      yield Buffer.from('a\n');
      throw gone;
    }
    await expect(run({ key: 'a' }, jobContext({ read: async () => object() }))).rejects.toBe(gone);
  });

  it('stops when its signal aborts, with the reason, and closes the source', async () => {
    const abort = new AbortController();
    const reason = new Error('time is up');
    let closed = false;
    let given = 0;
    async function* endless() {
      try {
        yield Buffer.from('a\n');
        for (;;) {
          if (++given === 3) abort.abort(reason);
          yield Buffer.from('1\n');
        }
      } finally {
        closed = true;
      }
    }
    const job = jobContext({ signal: abort.signal, read: async () => endless() });
    await expect(run({ key: 'a' }, job)).rejects.toBe(reason);
    expect([given, closed]).toEqual([3, true]);
  });

  it('lets the other jobs of its process run at least every 64 KiB', async () => {
    let turns = 0;
    let done = false;
    const other = () => {
      turns++;
      if (!done) setImmediate(other);
    };
    setImmediate(other);
    await run({ csv: `a\n${'12345\n'.repeat(174_762)}` }, jobContext()); // 1 MiB
    done = true;
    expect(turns).toBeGreaterThanOrEqual(16);
  });
});

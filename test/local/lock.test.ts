import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, withLock } from '../../local/lock.ts';
import { listProcesses } from '../../local/processes.ts';

let folder = '';
let path = '';
let said = '';
const write = (text: string) => {
  said += text;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-test-'));
  path = join(folder, 'below', 'lock.json');
  said = '';
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('withLock', () => {
  it('lets the second wait for the first, says for whom, and leaves nothing behind', async () => {
    const order: string[] = [];
    let finish = () => {};
    const first = withLock(path, 'npm run up', write, async () => {
      order.push('first begins');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      order.push('first ends');
    });
    const second = withLock(path, 'npm run down', write, async () => void order.push('second'));
    await expect.poll(() => said).toContain('waiting');
    finish();
    await Promise.all([first, second]);
    expect(order).toEqual(['first begins', 'first ends', 'second']);
    expect(said).toBe(`  waiting for \`npm run up\` (process ${process.pid}) to finish\n`);
    expect(readdirSync(join(folder, 'below'))).toEqual([]);
  });

  it('many at once run one at a time', async () => {
    let inside = 0;
    let most = 0;
    const one = () =>
      withLock(path, 'npm run up', write, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await Promise.resolve();
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 5 }, one));
    expect(most).toBe(1);
  });

  it('is given back when the work fails', async () => {
    await expect(
      withLock(path, 'npm run up', write, () => Promise.reject(new Error('boom'))),
    ).rejects.toThrow('boom');
    expect(await withLock(path, 'npm run up', write, async () => 'free')).toBe('free');
  });

  it('is taken over from a process that died, and from one whose pid went to another program', async () => {
    const nested = join(folder, 'lock.json');
    for (const dead of [
      { pid: 2 ** 30, command: 'node local/up.ts', doing: 'npm run up' },
      { pid: process.pid, command: 'another program', doing: 'npm run up' },
    ]) {
      writeFileSync(nested, JSON.stringify(dead));
      expect(await withLock(nested, 'npm run down', write, async () => 'mine')).toBe('mine');
    }
    expect(said).toBe('');
  });

  it('says after a while who holds it and what to do', async () => {
    await withLock(path, 'npm run up', write, async () => {
      await expect(withLock(path, 'npm run down', write, async () => 'never', 250)).rejects.toThrow(
        `\`npm run up\` (process ${process.pid}) has been at work for too long here. If it hangs, end it (kill ${process.pid}) and try again. Its lock: ${path}`,
      );
    });
    expect(said).toBe(`  waiting for \`npm run up\` (process ${process.pid}) to finish\n`);
  });
});

it('isAlive: this process, by pid and command', () => {
  const me = listProcesses().find(({ pid }) => pid === process.pid)!;
  expect([
    isAlive(me, [me]),
    isAlive({ ...me, command: 'x' }, [me]),
    isAlive({ ...me, pid: 1 }, [me]),
  ]).toEqual([true, false, false]);
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  emulatorProcesses,
  isEmulator,
  listProcesses,
  listWithPs,
  type Process,
  parsePs,
  stillRunning,
} from '../../local/processes.ts';

const tmp = '/tmp/taskq-abc';
const emulator: Process = {
  pid: 10,
  parent: 1,
  command: '/my code/.taskq/venv/bin/python -X taskq=/tmp/taskq-abc -m ministack',
};
const worker: Process = {
  pid: 11,
  parent: 10,
  command: 'node /tmp/taskq-abc/ministack-lambda-work-x1/_worker.js',
};
const orphan: Process = {
  pid: 12,
  parent: 1,
  command: 'node /tmp/taskq-abc/ministack-lambda-bury-x2/_worker.js',
};
const grandchild: Process = { pid: 13, parent: 12, command: '/bin/sleep 100' };

describe('which processes belong to an emulator', () => {
  it('the emulator, its workers, reparented workers and what they started', () => {
    const all = [{ pid: 1, parent: 0, command: '/sbin/init' }, grandchild, emulator, worker, orphan];
    expect(
      emulatorProcesses(all, tmp)
        .map(({ pid }) => pid)
        .sort(),
    ).toEqual([10, 11, 12, 13]);
  });

  it.each([
    ['another clone, whose folder begins the same', '/x/python -X taskq=/tmp/taskq-abcd -m ministack'],
    ['a worker of another clone', 'node /tmp/taskq-abcd/ministack-lambda-work-x1/_worker.js'],
    ['an editor in the folder', 'vim /tmp/taskq-abc/ministack-lambda-work-x1/_worker.js'],
    ['a search for it', 'grep -r node /tmp/taskq-abc/ministack-lambda-work-x1/_worker.js'],
    ['a search for the emulator', 'grep -e -X taskq=/tmp/taskq-abc -m ministack README.md'],
    ['MiniStack started by hand', '/usr/bin/python -m ministack'],
    ['nothing at all (a zombie)', ''],
  ])('not %s', (_, command) => {
    expect(emulatorProcesses([{ pid: 20, parent: 1, command }], tmp)).toEqual([]);
  });

  it('a worker is not the emulator itself', () => {
    expect([isEmulator(emulator, tmp), isEmulator(worker, tmp)]).toEqual([true, false]);
  });

  it('a pid that went to another program is not ours any more', () => {
    const now = [emulator, { pid: 11, parent: 1, command: '/usr/bin/postgres' }];
    expect(stillRunning([emulator, worker, orphan], now)).toEqual([emulator]);
  });
});

describe('reading the process list', () => {
  it('from ps', () => {
    expect(parsePs('    1     0 /sbin/launchd\n  512   1 /Applications/My App -x  y\n\n')).toEqual([
      { pid: 1, parent: 0, command: '/sbin/launchd' },
      { pid: 512, parent: 1, command: '/Applications/My App -x  y' },
    ]);
  });

  const children: { kill: () => void }[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
  });

  async function findsAChild(list: () => Process[]): Promise<void> {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', 'a b'], {
      argv0: 'node',
    });
    children.push(child);
    await once(child, 'spawn');
    const command = 'node -e setInterval(() => {}, 1000) -- a b';
    await expect.poll(list).toContainEqual({ pid: child.pid, parent: process.pid, command });
  }

  it('of this machine: a child with its arguments and its parent', () => findsAChild(listProcesses));

  // A slim Linux image has no ps, and needs none.
  it.skipIf(spawnSync('ps', ['-A']).status !== 0)('with ps, as on macOS', () => findsAChild(listWithPs));
});

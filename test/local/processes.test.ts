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
  workerProcesses,
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
const localstack: Process = {
  pid: 14,
  parent: 1,
  command: '/my code/.taskq/localstack/bin/python -X taskq=/tmp/taskq-abc -m localstack.runtime.main',
};
const itsWorker: Process = {
  pid: 15,
  parent: 1,
  command:
    'node --max-old-space-size=512 /my code/local/localstack/runtime.mjs ' +
    '/tmp/taskq-abc/lambda/awslambda-us-east-1-tasks/work-x1/code',
};
const database: Process = {
  pid: 16,
  parent: 1,
  command: 'java -Xmx256m -Dtaskq=/tmp/taskq-abc -cp /my code/.taskq/jars/* DynamoDbLocal.java 4711',
};

describe('which processes belong to an emulator', () => {
  it('the emulator, its workers, reparented workers and what they started', () => {
    const all = [{ pid: 1, parent: 0, command: '/sbin/init' }, grandchild, emulator, worker, orphan];
    expect(
      emulatorProcesses(all, tmp)
        .map(({ pid }) => pid)
        .sort(),
    ).toEqual([10, 11, 12, 13]);
  });

  it('of a LocalStack its workers and its database, too', () => {
    const all = [localstack, itsWorker, database];
    expect(emulatorProcesses(all, tmp)).toEqual(all);
    expect(emulatorProcesses(all, '/tmp/taskq-ab')).toEqual([]);
  });

  it('workers of one function, by its whole name', () => {
    const all = [emulator, worker, orphan, localstack, itsWorker, database];
    expect(workerProcesses(all, tmp, 'work')).toEqual([worker, itsWorker]);
    expect(workerProcesses(all, tmp, 'wor')).toEqual([]);
  });

  it.each([
    ['another clone, whose folder begins the same', '/x/python -X taskq=/tmp/taskq-abcd -m ministack'],
    ['a worker of another clone', 'node /tmp/taskq-abcd/ministack-lambda-work-x1/_worker.js'],
    ['an editor in the folder', 'vim /tmp/taskq-abc/ministack-lambda-work-x1/_worker.js'],
    ['a search for it', 'grep -r node /tmp/taskq-abc/ministack-lambda-work-x1/_worker.js'],
    ['a search for the emulator', 'grep -e -X taskq=/tmp/taskq-abc -m ministack README.md'],
    ['MiniStack started by hand', '/usr/bin/python -m ministack'],
    ['a search for the database', 'grep -r -Dtaskq=/tmp/taskq-abc .'],
    ['nothing at all (a zombie)', ''],
  ])('not %s', (_, command) => {
    expect(emulatorProcesses([{ pid: 20, parent: 1, command }], tmp)).toEqual([]);
  });

  it('a worker is not the emulator itself', () => {
    const all = [emulator, localstack, worker, itsWorker, database];
    expect(all.map((each) => isEmulator(each, tmp))).toEqual([true, true, false, false, false]);
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

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { cdkEnvironment } from '../../local/deploy.ts';
import { projectRoot, statePaths } from '../../local/state.ts';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';

const local = inject('taskq');

const keyOf = ({ pk, sk }: Record<string, unknown>) => `${pk}/${sk}`;

async function deployLaterRelease(): Promise<void> {
  const paths = statePaths(inject('directory'));
  const cdk = join(projectRoot, 'node_modules/aws-cdk/bin/cdk');
  const app = `node ${JSON.stringify(fileURLToPath(import.meta.resolve('./later-release.ts')))}`;
  const output = join(paths.directory, 'later.out');
  const how = ['--all', '--require-approval', 'never', '--no-notices', '--no-version-reporting', '--ci'];
  await promisify(execFile)(process.execPath, [cdk, 'deploy', '--app', app, '--output', output, ...how], {
    cwd: projectRoot,
    env: cdkEnvironment(paths, { ...local, auth: false }),
    maxBuffer: 16 * 1024 * 1024,
  });
}

it('an update of functions and tables keeps every job, every key and every message', async () => {
  const aws = await makeAws(local);
  const api = makeApi(local, newTenant());
  const message = 'x'
    .repeat(3000)
    .split('')
    .map((_, n) => Math.sin(n))
    .join();
  const done = await api.enqueue('echo', { message });
  await api.finished(done.id);
  const waiting = await api.enqueue('echo', {}, { delay_seconds: 600, priority: 0 });
  await api.enqueue('echo', {}, { delay_seconds: 5_000 });
  const lane = aws.laneUrl('default', 'low');
  const jobs = await aws.items(aws.tables.jobs);
  const keys = await aws.items(aws.tables.keys);
  const depth = await aws.depth(lane);
  const { version } = (await api.call('getHealth')).body;
  expect([keys.length > 1, depth.delayed > 0]).toEqual([true, true]);

  await deployLaterRelease();

  expect((await api.call('getHealth')).body.version).toBe(`${version}-later`);
  expect(await aws.indexes(aws.tables.jobs)).toEqual(expect.arrayContaining(['attention', 'later']));
  const rows = new Map((await aws.items(aws.tables.jobs)).map((each) => [keyOf(each), each]));
  expect(jobs.filter((each) => !rows.has(keyOf(each)))).toEqual([]);
  const own = jobs.filter((each) => String(each.pk).startsWith(`${api.tenant}#`));
  expect(own).toHaveLength(3);
  expect(own.map((each) => rows.get(keyOf(each)))).toEqual(own);
  expect((await aws.items(aws.tables.keys)).map(keyOf).toSorted()).toEqual(keys.map(keyOf).toSorted());
  expect(await aws.depth(lane)).toEqual(depth);
  const { body } = await api.call('getResult', { id: done.id });
  expect(body.result.message === message).toBe(true);
  expect((await api.call('cancelJob', { id: waiting.id })).status).toBe(200);

  const next = await api.finished((await api.enqueue('echo', { message: 'next' })).id);
  expect([next.status, next.code_version]).toEqual(['completed', expect.stringMatching(/-later$/)]);
});

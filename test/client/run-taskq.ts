import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type Replies, startApi, testRegion } from './api-server.ts';
import { testKey } from './sigv4.ts';

export const command = resolve(import.meta.dirname, '../../client/taskq.ts');

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own for a test: with `.taskq/local.json` when there is an API to name. */
export function aFolder(apiUrl?: string) {
  const path = mkdtempSync(join(tmpdir(), 'taskq-command-'));
  if (apiUrl !== undefined) {
    mkdirSync(join(path, '.taskq'));
    const local = {
      endpoint: new URL(apiUrl).origin,
      apiUrl,
      region: testRegion,
      credentials: testKey,
      stacks: {},
    };
    writeFileSync(join(path, '.taskq', 'local.json'), JSON.stringify(local));
  }
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

interface Given {
  env?: Record<string, string>;
  stdin?: string;
}

/** Runs Node in a folder with nothing of this process's environment but the search path. */
export const runNode = (args: string[], cwd: string, given?: Given): Promise<Ran> =>
  startNode(args, cwd, given).ended;

/** The same, to be told something while it runs. */
export function startNode(args: string[], cwd: string, { env = {}, stdin = '' }: Given = {}) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolveCode) => child.on('close', resolveCode));
  const all = Promise.all([text(child.stdout), text(child.stderr), ended]);
  return {
    pid: child.pid,
    ended: all.then(([stdout, stderr, code]): Ran => ({ code, stdout, stderr })),
  };
}

/** The command in a folder whose local.json names a scripted API. */
export async function aTaskq(replies: Replies) {
  const api = await startApi(replies);
  const folder = aFolder(api.apiUrl);
  const taskq = (args: string[], options?: Parameters<typeof runNode>[2]) =>
    runNode([command, ...args], folder, options);
  return { taskq, received: api.received, folder, apiUrl: api.apiUrl };
}

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { testRegion } from './api-server.ts';
import { testKey } from './sigv4.ts';

export const command = resolve(import.meta.dirname, '../../client/taskq.ts');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own for a run: with `.taskq/local.json` when there is an API to name. */
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
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** Runs Node in a folder with nothing of this process's environment but the search path. */
export async function runNode(
  args: string[],
  cwd: string,
  { env = {}, stdin = '' }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolveCode) => child.on('close', resolveCode));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

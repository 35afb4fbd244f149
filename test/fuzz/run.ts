import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathsOf, type Route, routes } from '../../core/routes.ts';
import { ensureVenv } from '../../local/python.ts';
import type { Write } from '../../local/report.ts';
import { type LocalAws, projectRoot } from '../../local/state.ts';
import { makeKnown } from './known.ts';
import { type Passed, startProxy } from './proxy.ts';
import { type FuzzOptions, settingsOf } from './settings.ts';

export interface FuzzResult {
  passed: boolean;
  /** What schemathesis said. */
  output: string;
  /** How often each operation answered with each status, as `GET /v1/jobs 200×31 400×5`. */
  operations: string[];
  /** Operations that never succeeded: of them the run has shown little. */
  neverSucceeded: string[];
  calls: number;
}

/** Fuzzes the OpenAPI document of a running TaskQ with schemathesis, every call signed. */
export async function fuzz(local: LocalAws, options: FuzzOptions, write: Write): Promise<FuzzResult> {
  const python = await ensureVenv(
    {
      directory: join(projectRoot, '.taskq', 'venv-fuzz'),
      requirements: join(import.meta.dirname, 'requirements.txt'),
      program: 'schemathesis',
      seconds: 20,
    },
    write,
  );
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-fuzz-'));
  const proxy = await startProxy(local);
  try {
    const known = await makeKnown(local, proxy.url);
    proxy.passed.length = 0;
    const config = join(folder, 'schemathesis.toml');
    writeFileSync(config, settingsOf(known, options));
    const { code, output } = await run(
      python,
      [
        ...['-m', 'schemathesis.cli', '--config-file', config, 'run'],
        ...['--url', proxy.url, '--no-color', `${proxy.url}/v1/openapi.json`],
      ],
      folder,
    );
    const operations = operationsOf(proxy.passed);
    return {
      passed: code === 0,
      output,
      operations: operations.map(({ name, statuses }) => `${name} ${statuses}`),
      neverSucceeded: operations.filter((each) => !each.succeeded).map(({ name }) => name),
      calls: proxy.passed.length,
    };
  } finally {
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

function operationsOf(passed: readonly Passed[]) {
  const declared = Object.values<Route>(routes).flatMap((route) =>
    pathsOf(route).map((path) => ({ method: route.method as string, path })),
  );
  return declared.map(({ method, path }) => {
    const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const statuses = new Map<number, number>();
    for (const each of passed)
      if (each.method === method && pattern.test(each.path))
        statuses.set(each.status, (statuses.get(each.status) ?? 0) + 1);
    return {
      name: `${method} ${path}`,
      statuses: [...statuses]
        .sort()
        .map(([status, count]) => `${status}×${count}`)
        .join(' '),
      succeeded: [...statuses.keys()].some((status) => status < 400),
    };
  });
}

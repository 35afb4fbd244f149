#!/usr/bin/env node
// Plain JavaScript, so that it also runs where TypeScript does not: there it starts the project's own Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

if (process.features.typescript) await import('./taskq.ts');
else startWith(join(here, '..', 'node_modules', '.bin', 'node'));

function startWith(node) {
  if (!existsSync(node)) {
    console.error(
      `taskq: needs Node 24 (22.18 at least); this is ${process.versions.node}, and the project's own is not at ${node}.\n` +
        'Run `npm install` in the project, which brings it, or install Node 24.',
    );
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, [join(here, 'taskq.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`taskq: cannot start ${node}: ${error.message}`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

/** `npm run e2e`: the end-to-end tests on MiniStack; with `--aws localstack` a smaller suite on LocalStack. */
import './need-node.mjs';
import { join } from 'node:path';
import { localstack } from './localstack.ts';
import { suiteOf } from './options.ts';
import { runCommand, toTerminal } from './report.ts';
import { projectRoot, statePaths } from './state.ts';

await runCommand(async () => {
  const { project, rest } = suiteOf(process.argv.slice(2));
  // Here, and not in the suite's own set-up, of whose failure Vitest makes many lines.
  if (project === 'smoke') await localstack.install(statePaths(), toTerminal);
  // Vitest reads its command line when it is imported.
  process.argv.splice(2, Number.POSITIVE_INFINITY, 'run', '--project', project, ...rest);
  await import(join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs'));
});

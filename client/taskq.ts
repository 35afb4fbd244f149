/** The `taskq` command. Exit status: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 unreachable. */
import { Command } from 'commander';
import { addCancel } from './commands/cancel.ts';
import { addEffects } from './commands/effects.ts';
import { addEnqueue } from './commands/enqueue.ts';
import { addFailures } from './commands/failures.ts';
import { addGet } from './commands/get.ts';
import { addHealth } from './commands/health.ts';
import { addList } from './commands/list.ts';
import { addReschedule } from './commands/reschedule.ts';
import { addRetry } from './commands/retry.ts';
import { addWatch } from './commands/watch.ts';
import { addWorkflow } from './commands/workflow.ts';
import { describeError, exitCodeOf } from './exit.ts';
import { printable } from './render.ts';
import { refuseRepeats } from './repeats.ts';
import type { Globals } from './session.ts';

/** What Commander finds wrong, without its own terms. */
const plainly = (text: string) =>
  text
    .replace(/^error:/, 'taskq:')
    .replace(
      /command-argument value ('.*') is invalid for argument '(.*?)'\./,
      '$1 is not allowed for <$2>.',
    );

const program = new Command('taskq')
  .description('Enqueues jobs into TaskQ, and workflows of them, looks at them and waits for them.')
  .option('--tenant <tenant>', 'act for this tenant (default: the tenant "default")')
  .option('--json', "print exactly the API's JSON, one document per line")
  .option('--api-url <url>', 'the API with its stage (default: TASKQ_API_URL, else .taskq/local.json)')
  .option('--region <region>', "the region to sign for (default: the API's own, else AWS_REGION)")
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: (text, write) => write(plainly(text)) })
  .showHelpAfterError('Add --help to see what is allowed, with an example.')
  .exitOverride()
  .addHelpText(
    'after',
    `
Exit status: 0 ok, 1 a job or workflow failed, 2 usage, 3 not found, 4 refused, 5 unreachable.

Example:
  taskq enqueue echo '{"message": "hello"}' --wait
`,
  );

for (const add of [
  addEnqueue,
  addGet,
  addEffects,
  addList,
  addFailures,
  addWatch,
  addReschedule,
  addRetry,
  addCancel,
  addWorkflow,
  addHealth,
])
  add(program);
refuseRepeats(program);

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has already said what it found wrong.
  if (!(error instanceof Error && error.name === 'CommanderError'))
    process.stderr.write(`${printable(describeError(error, program.opts<Globals>().json ?? false))}\n`);
}

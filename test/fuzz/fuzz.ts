/**
 * `npm run fuzz`: the API of a TaskQ of its own against its own OpenAPI document. Exit 1 when an answer is not as it says.
 * It retries and cancels by filters that it makes up, so it goes to no TaskQ in which anybody has jobs.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeDown } from '../../local/down.ts';
import { Misuse, runCommand, step, Trouble, toTerminal } from '../../local/report.ts';
import { projectRoot } from '../../local/state.ts';
import { ensureUp } from '../../local/up.ts';
import { fuzz } from './run.ts';

/** One folder, so that a run that was killed is cleared away by the next. */
const directory = join(projectRoot, '.taskq', 'fuzz');
const quiet = (): void => {};

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      examples: { type: 'string', default: '10' },
    },
  });
  const options = { seed: whole(values.seed), examples: whole(values.examples), edges: true };
  // The emulator of this run is its own, whatever the shell points at.
  delete process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL_S3;
  await takeDown({ directory, write: quiet });
  try {
    const local = await step(toTerminal, 'starting an emulator and deploying TaskQ', () =>
      ensureUp({ directory, write: quiet }),
    );
    const { passed, output, operations, neverSucceeded, calls } = await fuzz(local, options, toTerminal);
    console.log(output);
    console.log([...operations, `${calls} calls`].join('\n'));
    if (neverSucceeded.length > 0)
      console.log(`never a success, so that little is shown of it: ${neverSucceeded.join(', ')}`);
    if (!passed) throw new Trouble('The API answered otherwise than its document says; above is where.');
  } finally {
    await takeDown({ directory, write: quiet });
  }
});

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Misuse(`"${text}" is no whole number; e.g. npm run fuzz -- --seed 1 --examples 10`);
  return Number(text);
}

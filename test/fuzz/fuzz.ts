/** `npm run fuzz`: the API of a running TaskQ against its own OpenAPI document. Exit 1 when an answer is not as it says. */
import { parseArgs } from 'node:util';
import { Misuse, runCommand, Trouble, toTerminal } from '../../local/report.ts';
import { ensureUp } from '../../local/up.ts';
import { fuzz } from './run.ts';

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      examples: { type: 'string', default: '10' },
    },
  });
  const { started, ...local } = await ensureUp();
  console.log(
    started
      ? `TaskQ was not running: it is up now at ${local.endpoint} and stays up; \`npm run down\` ends it.`
      : `Using the TaskQ that runs at ${local.endpoint}.`,
  );
  const options = { seed: whole(values.seed), examples: whole(values.examples), edges: true };
  const { passed, output, operations, neverSucceeded, calls } = await fuzz(local, options, toTerminal);
  console.log(output);
  console.log([...operations, `${calls} calls`].join('\n'));
  if (neverSucceeded.length > 0) console.log(`never a success: ${neverSucceeded.join(', ')}`);
  if (!passed) throw new Trouble('The API answered otherwise than its document says; above is where.');
});

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Misuse(`"${text}" is no whole number; e.g. npm run fuzz -- --seed 1 --examples 10`);
  return Number(text);
}

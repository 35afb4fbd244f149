import type { Command } from 'commander';
import { ageOf } from '../duration.ts';
import { attemptOf } from '../explain.ts';
import { parseJobId } from '../input.ts';
import { print, printJson, table } from '../render.ts';
import { openSession } from '../session.ts';

export function addEffects(program: Command): void {
  program
    .command('effects')
    .summary('show what a job has already done outside')
    .description('Shows what a job has done outside with once(): what a retry will not do again.')
    .argument('<id>', 'the job', parseJobId)
    .addHelpText('after', '\nExample:\n  taskq effects 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03\n')
    .action(async (id: string, _options, command: Command) => {
      const { client, json } = openSession(command);
      const answer = await client.effects(id);
      if (json) return printJson(answer);
      const rows = answer.effects.map((each) => [
        each.key,
        attemptOf(each),
        ageOf(each.at, Date.now()),
        JSON.stringify(each.value),
      ]);
      print(rows.length === 0 ? 'nothing yet' : table(['KEY', 'BY', 'STORED', 'VALUE'], rows));
    });
}

import type { Command } from 'commander';
import { print, printJson } from '../render.ts';
import { openSession } from '../session.ts';

export function addHealth(program: Command): void {
  program
    .command('health')
    .summary('is TaskQ able to answer')
    .description('Asks TaskQ whether it can answer; exit status 5 when it cannot be reached.')
    .addHelpText('after', '\nExample:\n  taskq health\n')
    .action(async (_options, command: Command) => {
      const { client, json } = openSession(command);
      const health = await client.health();
      if (json) printJson(health);
      else print(`${health.status}, version ${health.version}`);
    });
}

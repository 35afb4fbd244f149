import type { Command } from 'commander';
import { UsageError } from './exit.ts';
import { collect, collectJobIds } from './input.ts';

const collectors: readonly unknown[] = [collect, collectJobIds];

/**
 * Refuses an option that takes one value and is given twice: Commander would take the last without a word, and what
 * is cancelled or retried then is not what was written. Those that collect may be repeated.
 */
export function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    if (option.isBoolean() || collectors.includes(option.parseArg)) continue;
    let before: string | undefined;
    command.on(`option:${option.name()}`, (value: string | null) => {
      const given = value ?? '';
      if (before !== undefined)
        throw new UsageError(
          `${option.long} is given twice ("${before.slice(0, 60)}" and "${given.slice(0, 60)}") and takes one value: call once for each`,
        );
      before = given;
    });
  }
  for (const each of command.commands) refuseRepeats(each);
}

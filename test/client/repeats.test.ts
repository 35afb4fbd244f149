import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { collect } from '../../client/input.ts';
import { refuseRepeats } from '../../client/repeats.ts';
import { jobId } from './a-job.ts';
import { aTaskq } from './run-taskq.ts';

const parsed = (...args: string[]) => {
  const program = new Command().option('--tenant <tenant>');
  const list = program
    .command('list')
    .option('--type <type>')
    .option('--wait [time]')
    .option('--tag <tag>', '', collect)
    .option('--yes')
    .action(() => {});
  refuseRepeats(program);
  program.parse(args, { from: 'user' });
  return { ...program.opts(), ...list.opts() };
};

describe('an option that is given twice', () => {
  test.each([
    [['list', '--type', 'a', '--type', 'b'], '--type is given twice ("a" and "b")'],
    [['list', '--type', 'a', '--type=a'], '--type is given twice ("a" and "a")'],
    [['list', '--wait', '--wait', '5s'], '--wait is given twice ("" and "5s")'],
    [['--tenant', 'a', 'list', '--tenant', 'b'], '--tenant is given twice ("a" and "b")'],
  ])('and takes one value is refused: %j', (args, message) => {
    expect(() => parsed(...args)).toThrow(message);
  });

  test('and is a list, or takes none, is taken', () => {
    expect(parsed('list', '--tag', 'a', '--tag', 'b', '--yes', '--yes', '--type', 'a')).toEqual({
      tag: ['a', 'b'],
      yes: true,
      type: 'a',
    });
  });

  test.each([
    ['retry', '--fingerprint', '57d20ae1b6927b3b', '--fingerprint', 'beee316e2db7bb21', '--yes'],
    ['cancel', '--type', 'echo', '--type', 'csv.report', '--yes'],
    ['list', '--status', 'failed', '--status', 'running'],
    ['failures', '--queue', 'default', '--queue', 'long'],
    ['watch', '--since', '1h', '--since', '2h'],
    ['reschedule', jobId, '--in', '1h', '--in', '2h'],
    ['workflow', 'list', '--status', 'failed', '--status', 'running'],
  ])('of the command: %s %s %s %s %s: exit status 2, nothing sent', async (...args) => {
    const { taskq, received } = await aTaskq({});
    const { code, stderr } = await taskq(args);
    expect([code, received]).toEqual([2, []]);
    expect(stderr).toMatch(/^taskq: --\w+ is given twice .* call once for each$/m);
  });
});

import { describe, expect, it, test } from 'vitest';
import { emulatorOption, noOptions, suiteOf } from '../../local/options.ts';

describe('npm run up --', () => {
  test.each([
    [[], {}],
    [['--aws', 'localstack'], { name: 'localstack' }],
    [['--aws=ministack'], { name: 'ministack' }],
  ])('%j', (args, kind) => {
    expect(emulatorOption(args)).toEqual(kind);
  });

  test.each([
    [['--aws', 'aws'], '--aws is "aws"; it can be ministack or localstack'],
    [['--aws'], "Option '--aws <value>' argument missing"],
    [['--awss', 'localstack'], "Unknown option '--awss'"],
    [['localstack'], "Unexpected argument 'localstack'"],
  ])('%j is refused', (args, message) => {
    expect(() => emulatorOption(args)).toThrow(message);
  });
});

it('npm run down -- takes nothing', () => {
  expect(() => noOptions([])).not.toThrow();
  expect(() => noOptions(['--all'])).toThrow("Unknown option '--all'");
});

describe('npm run e2e --', () => {
  test.each([
    [[], 'e2e', []],
    [['test/e2e/job.test.ts', '-t', 'a job'], 'e2e', ['test/e2e/job.test.ts', '-t', 'a job']],
    [['--aws', 'localstack'], 'smoke', []],
    [['--bail', '1', '--aws=localstack', 'x'], 'smoke', ['--bail', '1', 'x']],
    [['-t', 'once', '--aws', 'localstack', '--bail=1'], 'smoke', ['-t', 'once', '--bail=1']],
    [['--aws', 'ministack', 'x'], 'e2e', ['x']],
  ])('%j runs project %s with %j', (args, project, rest) => {
    expect(suiteOf(args)).toEqual({ project, rest });
  });

  test.each([
    [['--aws', 'aws'], '--aws is "aws"; it can be ministack or localstack'],
    [['--aws'], '--aws needs a name: ministack or localstack'],
  ])('%j is refused', (args, message) => {
    expect(() => suiteOf(args)).toThrow(message);
  });
});

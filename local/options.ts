/** What `npm run up` and its like take on their command line. */
import { parseArgs } from 'node:util';
import { Misuse } from './report.ts';
import type { EmulatorName } from './state.ts';

const names: readonly EmulatorName[] = ['ministack', 'localstack'];

/** `--aws NAME`, or nothing. Throws for anything else. */
export function emulatorOption(args: string[]): { name?: EmulatorName } {
  const { aws } = parseArgs({ args, options: { aws: { type: 'string' } } }).values;
  return aws === undefined ? {} : { name: emulatorNamed(aws) };
}

/** Throws for arguments of a command that takes none. */
export function noOptions(args: string[]): void {
  parseArgs({ args, options: {} });
}

/** The arguments of `npm run e2e`: which suite, and what is for Vitest. */
export function suiteOf(args: string[]): { project: 'e2e' | 'smoke'; rest: string[] } {
  const { values, tokens } = parseArgs({
    args,
    options: { aws: { type: 'string' } },
    strict: false,
    tokens: true,
  });
  const own = tokens.find((token) => token.kind === 'option' && token.name === 'aws');
  if (own?.kind !== 'option') return { project: 'e2e', rest: args };
  if (typeof values.aws !== 'string') throw new Misuse(`--aws needs a name: ${names.join(' or ')}`);
  const rest = args.toSpliced(own.index, own.inlineValue ? 1 : 2);
  return { project: emulatorNamed(values.aws) === 'localstack' ? 'smoke' : 'e2e', rest };
}

function emulatorNamed(text: string): EmulatorName {
  const name = names.find((each) => each === text);
  if (name === undefined) throw new Misuse(`--aws is "${text}"; it can be ${names.join(' or ')}`);
  return name;
}

import * as z from 'zod/mini';
import type { Checked, Fault, ProblemCode } from './problem.ts';
import { problem } from './problem.ts';

/** The most faults one answer lists. */
export const maxFaults = 50;

/**
 * Checks a value against a schema. Every fault is reported with its JSON Pointer; the messages say what
 * is allowed and never what was sent.
 */
export function check<S extends z.core.$ZodType>(
  schema: S,
  value: unknown,
  code: ProblemCode,
  sentence: string,
): Checked<z.core.output<S>> {
  const parsed = z.safeParse(schema, value, { reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  const details = parsed.error.issues.flatMap(faultsOf).slice(0, maxFaults);
  return { ok: false, problem: problem(code, sentence, { details }) };
}

/** What the schema library says where a schema has no message of its own. */
const noMessage = 'Invalid input';

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = pointerOf(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}/${escaped(key)}`, message: 'unknown field' }));
  if (issue.code === 'invalid_union') {
    // What has the kind of one form alone is told what is wrong within that.
    const [near, other] = issue.errors.filter((form) =>
      form.every((each) => 'keys' in each || each.path.length),
    );
    if (near && !other) return near.flatMap(faultsOf).map((each) => ({ ...each, path: path + each.path }));
  }
  // JSON has no `undefined`: nothing stands there.
  if (issue.code !== 'custom' && issue.input === undefined) return [{ path, message: 'is missing' }];
  return [{ path, message: issue.message === noMessage ? messageOf(issue) : issue.message }];
}

/** What a value may be instead; of many the first 30, for a batch may repeat it a thousand times. */
export function mustBeOneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, 30).map((each) => JSON.stringify(each));
  const more = values.length > 30 ? ` and ${values.length - 30} more` : '';
  return `must be one of ${shown.join(', ')}${more}`;
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_value':
      return mustBeOneOf(issue.values);
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be a time such as 2026-01-31T09:30:00Z'
        : `must be a valid ${issue.format}`;
    case 'invalid_union':
      return 'must have one of the forms that are allowed here';
    default:
      return 'is not allowed';
  }
}

/** The schema library's names where people have another. */
const named: Record<string, string> = { int: 'a whole number', record: 'an object' };

function article(expected: string): string {
  return named[expected] ?? (/^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`);
}

function bound(origin: string, words: string, limit: number | bigint): string {
  const unit = units[origin];
  return unit ? `must have ${words} ${limit} ${unit[limit === 1 ? 0 : 1]}` : `must be ${words} ${limit}`;
}

const units: Record<string, readonly [string, string]> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${escaped(String(part))}`).join('');
}

/** Names may be the caller's own and of any length: cut, so that an answer is never longer than its request. */
const maxNameLength = 64;

function escaped(part: string): string {
  const shown = part.length > maxNameLength ? `${part.slice(0, maxNameLength)}…` : part;
  return shown.replaceAll('~', '~0').replaceAll('/', '~1');
}

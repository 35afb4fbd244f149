import * as z from 'zod/mini';
import type { Checked, Fault, ProblemCode } from './problem.ts';
import { problem } from './problem.ts';

/** The most faults one answer lists. */
const maxFaults = 50;

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
  const read = readAs(schema, value);
  return 'faults' in read
    ? { ok: false, problem: problem(code, sentence, { details: read.faults }) }
    : { ok: true, value: read.value };
}

/** The value as a schema reads it, or where it does not fit. */
export function readAs<S extends z.core.$ZodType>(
  schema: S,
  value: unknown,
): { value: z.core.output<S> } | { faults: Fault[] } {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return { value: parsed.data };
  return { faults: parsed.error.issues.flatMap(faultsOf).slice(0, maxFaults) };
}

/** What the schema library says where a schema has no message of its own. */
const noMessage = 'Invalid input';

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = pointerOf(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}/${escaped(key)}`, message: 'unknown field' }));
  const near = issue.code === 'invalid_union' ? nearMisses(issue.errors) : [];
  if (near.length > 0)
    return near.flatMap((each) => faultsOf({ ...each, path: [...issue.path, ...each.path] }));
  return [{ path, message: issue.message === noMessage ? messageOf(issue) : issue.message }];
}

/** What is wrong with a value within the one form of several that it has; none where it has the kind of none or of more. */
function nearMisses(forms: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] {
  const [near, ...others] = forms.filter((issues) => issues.every(isWithin));
  return near === undefined || others.length > 0 ? [] : near;
}

function isWithin({ code, path }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
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
  if (origin === 'string') return `must have ${words} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `must have ${words} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `must be ${words} ${limit}`;
}

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

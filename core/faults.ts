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
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const details = parsed.error.issues.flatMap(faultsOf).slice(0, maxFaults);
  return { ok: false, problem: problem(code, sentence, { details }) };
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = pointerOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: `${path}/${escaped(key)}`, message: 'unknown field' }));
    case 'invalid_type':
      return [{ path, message: `must be ${article(issue.expected)}` }];
    case 'too_small':
      return [
        {
          path,
          message: `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`,
        },
      ];
    case 'too_big':
      return [
        {
          path,
          message: `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`,
        },
      ];
    case 'invalid_value':
      return [
        { path, message: `must be one of ${issue.values.map((each) => JSON.stringify(each)).join(', ')}` },
      ];
    case 'invalid_format':
      return [
        {
          path,
          message:
            issue.format === 'datetime'
              ? 'must be a time such as 2026-01-31T09:30:00Z'
              : formatMessage(issue),
        },
      ];
    case 'invalid_union':
      return [{ path, message: own(issue) ?? 'must have one of the forms that are allowed here' }];
    default:
      return [{ path, message: own(issue) ?? 'is not allowed' }];
  }
}

function formatMessage(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.message === 'Invalid input' ? `must be a valid ${issue.format}` : issue.message;
}

function article(expected: string): string {
  return /^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  if (origin === 'array') return ' entries long';
  return '';
}

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${escaped(String(part))}`).join('');
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The message that a schema's author gave it; zod/mini has none of its own. */
function own({ message }: z.core.$ZodIssue): string | undefined {
  return message === 'Invalid input' ? undefined : message;
}

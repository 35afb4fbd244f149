import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../core/errors.ts';
import { problem, problemStatus } from '../../core/problem.ts';
import { exactDelayMs } from '../../core/retry.ts';
import type { FailureCause } from '../../core/table.ts';
import { lifecyclePage } from '../../local/docs.ts';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('docs/lifecycle.md', () => {
  test('is what `npm run docs` writes', () => {
    expect(page('lifecycle.md')).toBe(lifecyclePage());
  });

  test('draws an arrow for each transition', () => {
    const arrows = lifecyclePage().match(/^ {2}\w+ --> \w+: \w+$/gm) ?? [];
    expect(arrows).toHaveLength(32);
    expect(arrows).toContain('  running --> running: take_over');
    expect(arrows).toContain('  cancelled --> pending: reopen');
  });

  test('has the delays', () => {
    expect(lifecyclePage()).toContain(
      '| `rate_limit` | 5 min | 10 min | 20 min | 40 min | 60 min | 60 min | 60 min | 60 min |',
    );
  });
});

test.each(readdirSync(new URL('../../docs', import.meta.url)).filter((name) => name.endsWith('.md')))(
  'docs/%s holds no two versions of one text',
  (name) => {
    expect(page(name)).not.toMatch(/^(<{7}|={7}|>{7})/m);
  },
);

describe('docs/errors.md', () => {
  const errors = page('errors.md');
  const paragraphs = new Map(
    [...errors.matchAll(/^### (\w+)\n\n(.+)$/gm)].map(([, code = '', text = '']) => [code, text]),
  );

  test('has a paragraph for each code of the API, in their order', () => {
    expect([...paragraphs.keys()]).toEqual(Object.keys(problemStatus));
  });

  test.each(Object.entries(problemStatus))('%s begins with its status %d', (code, status) => {
    expect(paragraphs.get(code)).toMatch(new RegExp(`^${status}[ .]`));
  });

  const taxonomy = [...errors.matchAll(/^\| `(\w+)` \| (\w+) \| (?:(\d+) s|–) \|/gm)].map(
    ([, code, kind, seconds]) => ({ code, kind, seconds }),
  );

  test('has every code that a handler may throw', () => {
    expect(taxonomy.map(({ code }) => code).sort()).toEqual([...errorCodes].sort());
  });

  test.each(taxonomy)('$code, $kind, is first retried after $seconds s', ({ code, kind, seconds }) => {
    if (kind === 'permanent') return expect(seconds).toBeUndefined();
    const failure = { kind, code, cause: 'transient_error' } as Parameters<typeof exactDelayMs>[0];
    expect(`${exactDelayMs(failure, 1)}`).toBe(`${seconds}000`);
  });

  test('has every cause', () => {
    const causes: Record<FailureCause, true> = {
      transient_error: true,
      permanent_error: true,
      system_error: true,
      timeout: true,
      out_of_memory: true,
      lease_lost: true,
      attempts_exhausted: true,
      buried: true,
      dependency_failed: true,
    };
    const listed = [...errors.slice(errors.indexOf('## Causes')).matchAll(/^\| `(\w+)` /gm)];
    expect(listed.map(([, cause]) => cause)).toEqual(Object.keys(causes));
  });
});

describe('docs/reliability.md', () => {
  const proofs = [...page('reliability.md').matchAll(/`(test\/[^`]+\.ts)`: “([^”]+)”/g)];

  test.each(proofs.map(([, file = '', name = '']) => ({ file, name })))(
    '$file has “$name”',
    ({ file, name }) => {
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain(name);
    },
  );

  test('names one or more for each promise', () => {
    const rows = page('reliability.md').match(/^\| [^-*].* \|$/gm) ?? [];
    const table = rows.slice(rows.findIndex((row) => row.startsWith('| Promise |')) + 1);
    expect(table.length).toBeGreaterThan(20);
    expect(table.filter((row) => !row.includes('`test/'))).toEqual([]);
  });
});

test('the status of each code', () => {
  expect(problemStatus).toEqual({
    invalid_request: 400,
    not_found: 404,
    invalid_transition: 409,
    no_result: 409,
    busy: 409,
    payload_expired: 410,
    payload_unopenable: 410,
    payload_too_large: 413,
    unknown_type: 422,
    unknown_queue: 422,
    unknown_signal: 422,
    invalid_dependency: 422,
    invalid_payload: 422,
    idempotency_conflict: 422,
    internal: 500,
    unavailable: 503,
  });
});

test('a problem holds what it was given and nothing more', () => {
  expect(problem('not_found', 'there is none')).toEqual({ code: 'not_found', error: 'there is none' });
  expect(problem('busy', 'wait', { retryAfterSeconds: 5 })).toEqual({
    code: 'busy',
    error: 'wait',
    retryAfterSeconds: 5,
  });
});

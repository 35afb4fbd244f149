import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobsTable } from '../../core/table.ts';
import { metrics } from '../../core/telemetry.ts';
import { wiring } from '../../core/wiring.ts';

const root = new URL('../../', import.meta.url);
const folders = ['core', 'functions', 'infra', 'jobs', 'client', 'local', 'test'];
const files = globSync(
  folders.map((each) => `${each}/**/*.{ts,mjs}`),
  { cwd: root },
).map((path) => {
  const text = readFileSync(new URL(path, root), 'utf8');
  return { path, text, lines: text.split('\n').length - 1 };
});

const within = (folder: string) => files.filter(({ path }) => path.startsWith(`${folder}/`));
/** Where code, comments left out, matches: path and line. */
const places = (among: typeof files, pattern: RegExp) =>
  among.flatMap(({ path, text }) =>
    text
      .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
      .split('\n')
      .flatMap((line, index) => (pattern.test(line.replace(/\/\/.*/, '')) ? [`${path}:${index + 1}`] : [])),
  );

test('every folder has files to look at', () => {
  for (const folder of folders) expect(within(folder).length).toBeGreaterThan(3);
});

describe('shape', () => {
  test('a file has at most 300 lines', () => {
    // Known, and to be split: the world of the simulation and the runs of the worker.
    const known = ['test/functions/work/run.test.ts'];
    const long = files.filter(({ path, lines }) => lines > 300 && !known.includes(path));
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('half of the product’s files have at most 80', () => {
    const sizes = files
      .filter(({ path }) => !path.startsWith('test/'))
      .map(({ lines }) => lines)
      .sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(80);
  });

  test('a handler file has at most 40, and each function has one', () => {
    const handlers = files.filter(({ path }) => /^functions\/\w+\/handler\.ts$/.test(path));
    const named = handlers.map(({ path }) => path.split('/')[1]);
    expect(named.sort()).toEqual(Object.keys(wiring).sort());
    expect(handlers.filter(({ lines }) => lines > 40).map(({ path, lines }) => `${path}: ${lines}`)).toEqual(
      [],
    );
  });

  test('no file is a drawer', () => {
    const drawers = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'interfaces', 'misc'];
    const named = files.filter(({ path }) => drawers.includes(basename(path).replace(/\..*/, '')));
    expect(named.map(({ path }) => path)).toEqual([]);
  });

  test('Node strips types and compiles none: no enum, namespace or parameter property', () => {
    expect(places(files, /^\s*(export )?(const )?(enum|namespace) \w+ \{/)).toEqual([]);
    expect(places(files, /constructor\([^)]*(private|public|protected|readonly) /)).toEqual([]);
  });
});

describe('core decides', () => {
  test('it has no clock, no chance, no environment and no timer', () => {
    const impure =
      /\bnew Date\(\)|\bDate\.now|Math\.random|randomUUID|randomBytes|\bprocess\.|performance\.|setTimeout|setInterval|setImmediate/;
    expect(places(within('core'), impure)).toEqual([]);
  });

  test('Date formats and parses given times, in view.ts alone', () => {
    expect(places(within('core'), /\bDate\b/).map((each) => each.replace(/:\d+$/, ''))).toEqual([
      'core/view.ts',
      'core/view.ts',
    ]);
  });

  test('it imports itself, the schema library, the language of conditions, and arithmetic of Node’s', () => {
    const imports = within('core').flatMap(({ text }) =>
      [...text.matchAll(/from '([^']+)'/g)].map(([, from = '']) => from),
    );
    const others = [...new Set(imports.filter((each) => !/^\.{1,2}\/(workflow\/)?[\w-]+\.ts$/.test(each)))];
    expect(others.sort()).toEqual(['@marcbachmann/cel-js', 'node:crypto', 'node:zlib', 'zod/mini']);
  });

  test('it awaits nothing', () => {
    expect(places(within('core'), /\bawait\b|\basync \b/)).toEqual([]);
  });
});

describe('functions call', () => {
  test('only env.ts reads the environment', () => {
    const readers = places(within('functions'), /process\.env/).map((each) => each.replace(/:\d+$/, ''));
    expect([...new Set(readers)]).toEqual(['functions/env.ts']);
  });

  test('clients are made in functions/aws alone', () => {
    const outside = within('functions').filter(({ path }) => !path.startsWith('functions/aws/'));
    expect(places(within('functions/aws'), /new \w+Client\(/).length).toBeGreaterThan(3);
    expect(places(outside, /new \w+Client\(|@aws-sdk\//)).toEqual([]);
  });

  test('every file of functions/aws says what it is for', () => {
    const silent = within('functions/aws').filter(({ text }) => !text.includes('/**'));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test('a handler exports `handler` and nothing else', () => {
    for (const { text } of files.filter(({ path }) => path.endsWith('/handler.ts')))
      expect(
        [...text.matchAll(/^export (?:const|async function|function) (\w+)/gm)].map(([, name]) => name),
      ).toEqual(['handler']);
  });
});

describe('infra declares', () => {
  test('permissions are written out, never granted by the library', () => {
    const elsewhere = within('infra').filter(({ path }) => path !== 'infra/bindings.ts');
    expect(places(elsewhere, /\.grant\w*\(/)).toEqual([]);
  });
});

describe('one fact, one place', () => {
  test('metrics are named in core/telemetry.ts alone', () => {
    const names = Object.values(metrics).map(({ name }) => name);
    const spelled = new RegExp(`['"](${names.join('|')})['"]`);
    expect(places([...within('functions'), ...within('infra')], spelled)).toEqual([]);
  });

  test('the index and its attributes are named in core/table.ts alone', () => {
    const { name, sortKey } = jobsTable.attentionIndex;
    expect([name, sortKey]).toEqual(['attention', 'attentionAt']);
    expect(places(within('infra'), /['"](attention|attentionAt|expiresAt)['"]/)).toEqual([]);
  });
});

test('who makes a temporary folder removes it', () => {
  const makers = files.filter(({ text }) => /\bmkdtemp(Sync)?\(/.test(text));
  expect(makers.length).toBeGreaterThan(5);
  const careless = makers.filter(({ text }) => !/\b(rmSync|rm|removeState)\(/.test(text));
  expect(careless.map(({ path }) => path)).toEqual([]);
  // CDK's app makes one of its own unless it is told where.
  const apps = places(within('test/infra'), /new App\(/).map((each) => each.replace(/:\d+$/, ''));
  expect(apps).toEqual(['test/infra/templates.ts']);
});

describe('tests', () => {
  test('core’s compare with literals: no sum inside an expectation', () => {
    const core = within('test/core').filter(({ path }) => path.endsWith('.test.ts'));
    expect(places(core, /\.to(Be|Equal)\([^)'"`]*\w \+ \w/)).toEqual([]);
  });

  test('none of core’s waits, skips or stands alone', () => {
    const lax = new RegExp(['setTimeout', '\\.only\\(', '\\.skip\\(', '\\.todo\\('].join('|'));
    const others = within('test/core').filter(({ path }) => path !== 'test/core/habits.test.ts');
    expect(places(others, lax)).toEqual([]);
    expect(places(within('test'), /\b(test|it|describe)\.(only|todo)\b/)).toEqual([]);
  });
});

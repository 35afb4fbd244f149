import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashSources } from '../../local/sources.ts';

let root = '';
let before = '';

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sources-test-'));
  for (const path of [
    'core/a.ts',
    'functions/work/handler.ts',
    'infra/app.ts',
    'jobs/echo/run.ts',
    'package-lock.json',
  ])
    write(path, `content of ${path}`);
  before = hashSources(root);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the hash of the sources', () => {
  it('is the same for the same sources, and where they lie does not matter', () => {
    expect(hashSources(root)).toBe(before);
    const moved = `${root}-moved`;
    renameSync(root, moved);
    root = moved;
    expect(hashSources(root)).toBe(before);
  });

  // A change that keeps the length.
  it.each([
    'core/a.ts',
    'functions/work/handler.ts',
    'infra/app.ts',
    'jobs/echo/run.ts',
    'package-lock.json',
    'cdk.json',
  ])('changes with %s', (path) => {
    write(path, `CONTENT of ${path}`);
    expect(hashSources(root)).not.toBe(before);
  });

  it('changes with a new file, a new name and a removed file', () => {
    write('core/b.ts', '');
    const added = hashSources(root);
    renameSync(join(root, 'core/b.ts'), join(root, 'core/c.ts'));
    const renamed = hashSources(root);
    rmSync(join(root, 'core/c.ts'));
    expect(new Set([before, added, renamed]).size).toBe(3);
    expect(hashSources(root)).toBe(before);
  });

  it('does not change with what is not deployed', () => {
    for (const path of ['client/taskq.ts', 'local/up.ts', 'test/a.test.ts', 'README.md']) write(path, 'x');
    expect(hashSources(root)).toBe(before);
  });
});

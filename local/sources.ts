/** What the deployed stacks are made of: if none of it changed, there is nothing to deploy. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = [
  '{core,functions,infra,jobs}/**/*',
  'package.json',
  'package-lock.json',
  'cdk.json',
  'tsconfig.json',
];

/** One hash over the names and contents of all sources below `root`. */
export function hashSources(root: string): string {
  const hash = createHash('sha256');
  const files = globSync(sources, { cwd: root, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    const content = readFileSync(path);
    hash.update(`${path.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

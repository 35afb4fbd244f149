import { join } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from '../../../local/state.ts';

/** Bundles a handler of another wiring as `infra/bundle.ts` does TaskQ's, and returns the folder. */
export async function bundlePeer(
  wiring: 'naive' | 'powertools' | 'step-map',
  step: 'enqueue' | 'work',
): Promise<string> {
  const directory = join(projectRoot, 'dist/bench', `${wiring}-${step}`);
  await build({
    absWorkingDir: projectRoot,
    entryPoints: { index: `test/bench/${wiring}/${step}.ts` },
    outdir: directory,
    bundle: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return directory;
}

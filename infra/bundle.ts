import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { SourceMapPayload } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { openapiDocument } from '../core/openapi.ts';
import { type FunctionName, wiring } from '../core/wiring.ts';
import project from '../package.json' with { type: 'json' };

const root = dirname(import.meta.dirname);

/** A function's code, ready to deploy. */
export interface Bundle {
  directory: string;
  /** Short hash of the code: the same for the same source. */
  version: string;
  metafile: Metafile;
}

export type Bundles = Record<FunctionName, Pick<Bundle, 'directory' | 'version'>>;

/**
 * `import … from 'node:http'` costs 40 to 55 ms of a cold start: Node's ESM facade reads every getter of
 * the module, and `http.WebSocket` loads undici (nodejs/node#57649). Asked for as below, 9 ms.
 */
const lazyHttp: Plugin = {
  name: 'lazy-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(http|https|http2)$/ }, ({ path }) => ({
      path: path.replace('node:', ''),
      namespace: 'lazy-http',
    }));
    onLoad({ filter: /.*/, namespace: 'lazy-http' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}')`,
    }));
  },
};

/** Bundles every function of `core/wiring.ts` into `dist/functions/<name>/`. */
export async function bundleFunctions(): Promise<Record<FunctionName, Bundle>> {
  const names = Object.keys(wiring) as FunctionName[];
  const bundles = await Promise.all(names.map(async (name) => [name, await bundleFunction(name)] as const));
  return Object.fromEntries(bundles) as Record<FunctionName, Bundle>;
}

async function bundleFunction(name: FunctionName): Promise<Bundle> {
  const directory = directoryOf(name);
  const { outputFiles, metafile } = await build(optionsOf(name));
  const files = new Map(outputFiles.map((each) => [relative(directory, each.path), each.contents]));
  if (name === 'manage')
    files.set('openapi.json', Buffer.from(JSON.stringify(openapiDocument(project.version))));
  replaceFiles(directory, files);
  return { directory, version: versionOf(files), metafile };
}

function directoryOf(name: FunctionName): string {
  return join(root, 'dist/functions', name);
}

function optionsOf(name: FunctionName) {
  return {
    absWorkingDir: root,
    entryPoints: {
      index: `functions/${name}/handler.ts`,
      // The thread of long queues, which is started from a file of its own.
      ...(name === 'work' ? { thread: 'functions/work/thread.ts' } : {}),
    },
    outdir: directoryOf(name),
    write: false,
    metafile: true,
    bundle: true,
    // What is imported as it is needed (S3, Lambda, job runs) is a file of its own, not read at a cold start.
    splitting: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node24',
    // esbuild's default for node takes packages' CJS builds: 1.5 times the size and the time.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    alias: {
      '@aws-sdk/credential-provider-node': join(root, 'infra/env-credentials.ts'),
      '@aws-sdk/endpoint-cache': join(root, 'infra/no-endpoint-cache.ts'),
    },
    plugins: [lazyHttp],
    logLevel: 'error',
  } satisfies BuildOptions;
}

/**
 * The source maps of a function's files, by each file's name; sources are paths from the project's root. Built anew
 * and written nowhere: what is deployed has none, and its files' names would change with each comment if it had.
 */
export async function sourceMapsOf(name: FunctionName): Promise<Map<string, SourceMapPayload>> {
  const options = optionsOf(name);
  const mapped = await build({ ...options, sourcemap: 'external', sourcesContent: false });
  const { metafile } = await build(options);
  // Names differ between the two, the code does not; and each source is in one file alone.
  const madeOf = (path: string, { outputs }: Metafile): string =>
    Object.keys(outputs[path]?.inputs ?? {}).join();
  const deployed = new Map(
    Object.keys(metafile.outputs).map((path) => [madeOf(path, metafile), basename(path)]),
  );
  const maps = new Map<string, SourceMapPayload>();
  for (const { path, text } of mapped.outputFiles.filter((each) => each.path.endsWith('.map'))) {
    const file = relative(root, path.slice(0, -'.map'.length));
    const map: SourceMapPayload = JSON.parse(text);
    const sources = map.sources.map((each) => relative(root, join(dirname(path), each)));
    maps.set(deployed.get(madeOf(file, mapped.metafile)) ?? basename(file), { ...map, sources });
  }
  return maps;
}

/** Writes what differs and removes the rest, so that two runs at once, of the same source, don't hurt each other. */
function replaceFiles(directory: string, files: Map<string, Uint8Array>): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) if (!files.has(name)) rmSync(join(directory, name));
  for (const [name, contents] of files) {
    const path = join(directory, name);
    if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents);
  }
}

function versionOf(files: Map<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].sort()) hash.update(name).update(files.get(name) ?? '');
  return hash.digest('hex').slice(0, 12);
}

/** What Node reads before a function answers its first call: the entry and all that it imports statically. */
export function coldLoad({ metafile }: Bundle): { bytes: number; inputs: string[]; builtins: string[] } {
  const seen = new Set<string>();
  const builtins = new Set<string>();
  const open = Object.keys(metafile.outputs).filter((each) => basename(each) === 'index.mjs');
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const each of metafile.outputs[path]?.imports ?? []) {
      if (each.external) builtins.add(each.path);
      else if (each.kind === 'import-statement') open.push(each.path);
    }
  }
  const outputs = [...seen].flatMap((each) => metafile.outputs[each] ?? []);
  return {
    bytes: outputs.reduce((sum, each) => sum + each.bytes, 0),
    inputs: outputs.flatMap((each) => Object.keys(each.inputs)),
    builtins: [...builtins],
  };
}

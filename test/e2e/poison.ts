/** Puts a handler that misbehaves in the place of a deployed one, in one worker alone. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { bundleFunctions } from '../../infra/bundle.ts';
import type { LocalAws } from '../../local/state.ts';

/**
 * Deploys the worker of a queue with another handler of a type.
 * @param handler the source of a module whose default export is the handler
 * @param heapMb the limit of V8's heap, which an emulator does not derive from the function's memory
 * @returns puts the worker back as it was
 */
export async function poison(
  { endpoint, region, credentials }: LocalAws,
  functionName: string,
  { type, handler, heapMb }: { type: string; handler: string; heapMb?: number },
): Promise<() => Promise<void>> {
  const lambda = new LambdaClient({ endpoint, region, credentials });
  const { directory, metafile } = (await bundleFunctions()).work;
  const run = Object.entries(metafile.outputs).find(([, each]) => each.entryPoint === `jobs/${type}/run.ts`);
  if (run === undefined) throw new Error(`the worker's bundle has no file for type ${type}`);
  const folder = mkdtempSync(join(tmpdir(), 'taskq-poison-'));
  const copy = join(folder, 'code');
  cpSync(directory, copy, { recursive: true });
  const zip = async (): Promise<Uint8Array> => {
    const path = join(folder, 'code.zip');
    await promisify(execFile)('python3', ['-m', 'zipfile', '-c', path, '.'], { cwd: copy });
    return readFileSync(path);
  };
  const before = await zip();
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
  );
  const configure = (variables: Record<string, string>) =>
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: functionName,
        Environment: { Variables: { ...Environment?.Variables, ...variables } },
      }),
    );
  writeFileSync(join(copy, basename(run[0])), handler);
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: functionName, ZipFile: await zip() }));
  if (heapMb !== undefined) await configure({ NODE_OPTIONS: `--max-old-space-size=${heapMb}` });
  rmSync(folder, { recursive: true });
  return async () => {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: functionName, ZipFile: before }));
    if (heapMb !== undefined) await configure({});
  };
}

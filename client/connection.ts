import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { UsageError } from './exit.ts';

/** Where TaskQ is and, when that is known, with which key to sign. */
export interface Connection {
  apiUrl: string;
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

const localFile = z.object({
  apiUrl: z.string(),
  region: z.string(),
  credentials: z.object({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    sessionToken: z.optional(z.string()),
  }),
});

/**
 * The API to call: from the flags, else TASKQ_API_URL, else the nearest `.taskq/local.json` at or above
 * `cwd`. That file's region and credentials belong to its own URL and are used with no other. Any
 * other URL takes its region from the flags, its own AWS host name or AWS_REGION.
 */
export function findConnection(
  flags: { apiUrl?: string; region?: string },
  env: Record<string, string | undefined>,
  cwd: string,
): Connection {
  const local = nearestLocal(cwd);
  const given = flags.apiUrl ?? (env.TASKQ_API_URL || undefined);
  const apiUrl = (given ?? local?.apiUrl)?.replace(/\/+$/, '');
  if (apiUrl === undefined) {
    throw new UsageError(
      `no API URL: give --api-url, set TASKQ_API_URL, or run \`npm run up\` for a local TaskQ (no .taskq/local.json at or above ${cwd})`,
    );
  }
  if (!/^https?:$/.test(URL.parse(apiUrl)?.protocol ?? '')) {
    throw new UsageError(
      `"${apiUrl}" is not an API URL; it looks like https://ID.execute-api.REGION.amazonaws.com/STAGE`,
    );
  }
  if (local !== undefined && local.apiUrl.replace(/\/+$/, '') === apiUrl)
    return { apiUrl, region: flags.region ?? local.region, credentials: local.credentials };
  const region = flags.region ?? regionInHost(apiUrl) ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (!region) throw new UsageError(`no region for ${apiUrl}: give --region or set AWS_REGION`);
  return { apiUrl, region };
}

function regionInHost(apiUrl: string): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(apiUrl).hostname)?.[1];
}

function nearestLocal(cwd: string): z.infer<typeof localFile> | undefined {
  const path = join(cwd, '.taskq', 'local.json');
  if (existsSync(path)) return readLocal(path);
  const parent = dirname(cwd);
  return parent === cwd ? undefined : nearestLocal(parent);
}

function readLocal(path: string): z.infer<typeof localFile> {
  // In a folder that many may write, such as /tmp, anyone could name an API of his own to take your payloads.
  if (process.getuid !== undefined && statSync(path).uid !== process.getuid())
    throw new UsageError(`${path} belongs to another user and is not trusted; give --api-url, or remove it`);
  try {
    return z.parse(localFile, JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new UsageError(
      `${path} is not what \`npm run up\` writes (apiUrl, region, credentials); run \`npm run up\` again, or remove it`,
    );
  }
}

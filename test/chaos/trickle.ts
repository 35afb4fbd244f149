/** An object of the data bucket that arrives slowly: a job that reads it runs for as long, and needs no processor. */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const chunk = Buffer.alloc(1_000, 'x');
const gapMs = 100;

/** The key of an object that takes so long. */
export const slowKey = (ms: number): string => `chaos/${ms}`;

/** How long the object of a GetObject takes; undefined for every other request. */
export function slowObjectMs(method: string, path: string): number | undefined {
  const key = method === 'GET' ? /\/tenants\/[^/]+\/chaos\/(\d+)(\?|$)/.exec(path) : null;
  return key === null ? undefined : Number(key[1]);
}

/**
 * Answers with the object, in the time that its key says; no longer than the reader listens.
 * @param breaks in the middle, with the connection
 */
export async function trickle(response: ServerResponse, ms: number, breaks: boolean): Promise<void> {
  const chunks = Math.max(2, Math.round(ms / gapMs));
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': chunks * chunk.length });
  for (let sent = 0; sent < chunks && !response.destroyed; sent++) {
    if (breaks && sent === Math.floor(chunks / 2)) return void response.destroy();
    response.write(chunk);
    await pause(gapMs);
  }
  response.end();
}

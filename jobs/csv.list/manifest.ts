import { PermanentError } from '../../core/errors.ts';

/** Of a manifest: far more than so many keys take. */
const maxBytes = 1024 * 1024;

/** What a manifest names, a key on each line; empty lines and those that begin with `#` are left out. */
export async function linesOf(manifest: AsyncIterable<Uint8Array>): Promise<string[]> {
  return (await textOf(manifest))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new PermanentError(`a manifest has at most ${maxBytes} bytes`, 'validation');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

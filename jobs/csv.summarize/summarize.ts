import { setImmediate as nextTurn } from 'node:timers/promises';
import { parse } from 'csv-parse';
import type { CsvSummary } from './contract.ts';
import { invalid, Table } from './table.ts';

/** Bytes parsed in one go: a few ms, after which the other jobs of this process get their turn. */
const sliceBytes = 65_536;

export interface SummarizeOptions {
  delimiter?: string | undefined;
  signal: AbortSignal;
}

/**
 * Profiles a CSV (RFC 4180, UTF-8, header first; LF, CRLF or CR; blank lines are skipped) as it streams by.
 * Throws PermanentError `validation` with a line number for what is not one, never with anything of its cells;
 * what `source` throws; and the signal's reason once it aborts.
 */
export async function summarize(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { delimiter = ',', signal }: SummarizeOptions,
): Promise<CsvSummary> {
  const table = new Table();
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    // Answers undefined, so that no record goes on into a readable stream: that would double the time.
    on_record: (record: string[], { lines }) => table.add(record, lines) ?? undefined,
  });
  parser.on('error', () => {}); // the callbacks below report it
  parser.resume();
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const slice of slices(source)) {
      signal.throwIfAborted();
      table.take(slice.byteLength);
      checkUtf8(() => utf8.decode(slice, { stream: true }), table.bytes);
      await settled((done) => parser.write(slice, done));
      await nextTurn();
    }
    checkUtf8(() => utf8.decode(), table.bytes);
    await settled((done) => parser.end(done));
    return table.summary();
  } catch (error) {
    throw table.explained(error);
  } finally {
    parser.destroy();
  }
}

/** The same bytes in pieces of at most 64 KiB, whatever the source's are. */
async function* slices(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; at += sliceBytes) yield chunk.subarray(at, at + sliceBytes);
  }
}

/** csv-parse would replace what is not UTF-8, and the summary would be wrong without a word. */
function checkUtf8(decode: () => void, bytes: number): void {
  try {
    decode();
  } catch {
    throw invalid(
      `it is not UTF-8 (within ${sliceBytes} bytes before byte ${bytes}); save it as UTF-8 and retry`,
    );
  }
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

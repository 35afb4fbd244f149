import { PermanentError } from '../../core/errors.ts';
import { Column } from './column.ts';
import type { CsvSummary } from './contract.ts';
import { columnNames } from './header.ts';

const maxRecordBytes = 1_048_576;
const maxColumns = 1_000;
/** Columns described in the result; bounds it to 100 KB. */
const maxDescribed = 150;

/** What has been seen of a whole file: is fed its bytes' lengths and its records, the header first. */
export class Table {
  #bytes = 0;
  #bytesSinceRecord = 0;
  #lastLine = 0;
  #parserLine = 0;
  /** Columns of the header; undefined before it. */
  #width: number | undefined;
  #columns: Column[] = [];
  #rows = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes are about to be parsed. Throws if the record they belong to would not fit in memory. */
  take(byteLength: number): void {
    this.#bytes += byteLength;
    this.#bytesSinceRecord += byteLength;
    if (this.#bytesSinceRecord > maxRecordBytes + byteLength)
      throw invalid(
        `no record ends within 1 MiB after line ${this.#lastLine}: a quote that is never closed, or not a CSV`,
      );
  }

  /** One record, and the line on which the parser says it ends. */
  add(record: readonly string[], parserLine: number): void {
    this.#bytesSinceRecord = 0;
    this.#lastLine += parserLine - this.#parserLine;
    // csv-parse 7 counts a CRLF inside quotes as two lines.
    if (parserLine - this.#parserLine > 1) this.#lastLine -= crlfs(record);
    this.#parserLine = parserLine;
    if (this.#width === undefined) this.#begin(record);
    else this.#row(record, this.#width);
  }

  /** The profile. Throws if there was not even a header. */
  summary(): CsvSummary {
    if (this.#width === undefined)
      throw invalid('it is empty; the first line must hold the names of the columns');
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      column_count: this.#width,
      columns: this.#columns.map((column) => column.summary()),
    };
  }

  /** Turns an error of csv-parse, which may quote cells, into one that names the line alone; passes any other. */
  explained(error: unknown): unknown {
    const { code, lines } = error as { code?: string; lines?: number };
    if (code === undefined || lines === undefined) return error;
    if (code === 'CSV_QUOTE_NOT_CLOSED')
      return invalid(`a quoted field that opens in or after line ${this.#lastLine + 1} is never closed`);
    const line = this.#lastLine + lines - this.#parserLine;
    if (code === 'CSV_INVALID_CLOSING_QUOTE')
      return invalid(`text follows a closing quote in line ${line}; write a quote inside a field twice`);
    if (code === 'INVALID_OPENING_QUOTE')
      return invalid(`a quote inside an unquoted field in line ${line}; quote the whole field`);
    return invalid(`line ${line} cannot be read (${code})`);
  }

  #begin(header: readonly string[]): void {
    if (header.length > maxColumns)
      throw invalid(`line 1 has ${header.length} columns; at most ${maxColumns} are allowed`);
    this.#width = header.length;
    this.#columns = columnNames(header.slice(0, maxDescribed)).map((name) => new Column(name));
  }

  #row(record: readonly string[], width: number): void {
    if (record.length !== width)
      throw invalid(`line ${this.#lastLine} has ${fields(record.length)}; the header has ${width}`);
    this.#rows++;
    this.#columns.forEach((column, index) => {
      column.add(record[index] ?? '');
    });
  }
}

/** The error of a file that is not a CSV as we read it; `problem` must hold nothing of its cells. */
export function invalid(problem: string): PermanentError {
  return new PermanentError(`cannot read the CSV: ${problem}`, 'validation');
}

function fields(count: number): string {
  return count === 1 ? '1 field' : `${count} fields`;
}

function crlfs(record: readonly string[]): number {
  return record.reduce((total, cell) => total + cell.split('\r\n').length - 1, 0);
}

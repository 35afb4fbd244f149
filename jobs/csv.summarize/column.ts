import { hash } from 'node:crypto';
import { dateOrderOf, isBoolean, isWholeNumber, numberOf, shown } from './cell.ts';
import type { ColumnSummary } from './contract.ts';
import { newSample, offer, quantiles, type Sample } from './quantiles.ts';

/** Different values counted before counting stops. */
const distinctLimit = 1_000;
/** UTF-16 units shown of a smallest or largest text. */
const shownLength = 32;

/** What has been seen of one column. Takes cells one by one, in memory that does not grow with the file. */
export class Column {
  readonly #name: string;
  #count = 0;
  #missing = 0;
  /** Undefined once there were more than the limit. */
  #distinct: Set<string> | undefined = new Set();
  #minText = '';
  #maxText = '';
  #allWhole = true;
  #allBoolean = true;
  /** Each is undefined once a cell did not fit. */
  #numbers: Numbers | undefined = new Numbers();
  #dates: Dates | undefined = new Dates();

  constructor(name: string) {
    this.#name = name;
  }

  add(cell: string): void {
    const text = trimmed(cell);
    if (text === '') {
      this.#missing++;
      return;
    }
    this.#count++;
    this.#countDistinct(text);
    this.#boundText(text);
    this.#narrow(text);
  }

  summary(): ColumnSummary {
    const type = this.#type();
    const summary = {
      name: this.#name,
      type,
      count: this.#count,
      missing: this.#missing,
      distinct: { count: this.#distinct?.size ?? distinctLimit, exact: this.#distinct !== undefined },
    };
    if (type === 'empty') return summary;
    const range = (type === 'date' ? this.#dates : this.#numbers) ?? {
      min: shown(this.#minText, shownLength),
      max: shown(this.#maxText, shownLength),
    };
    const { min, max } = range;
    return { ...summary, min, max, ...this.#numbers?.distribution() };
  }

  #type(): ColumnSummary['type'] {
    if (this.#count === 0) return 'empty';
    if (this.#numbers !== undefined) return this.#allWhole ? 'integer' : 'number';
    if (this.#allBoolean) return 'boolean';
    return this.#dates === undefined ? 'string' : 'date';
  }

  #countDistinct(text: string): void {
    if (this.#distinct === undefined) return;
    // Long cells are remembered by their digest, so that 1,000 of them take no more room than short ones.
    this.#distinct.add(text.length <= 64 ? text : hash('sha256', text));
    if (this.#distinct.size > distinctLimit) this.#distinct = undefined;
  }

  #boundText(text: string): void {
    // The smallest prefix is the prefix of the smallest. One unit more than is shown tells that it was cut.
    const prefix = text.length <= shownLength ? text : text.slice(0, shownLength + 1);
    if (this.#count === 1 || prefix < this.#minText) this.#minText = detached(prefix);
    if (this.#count === 1 || prefix > this.#maxText) this.#maxText = detached(prefix);
  }

  #narrow(text: string): void {
    if (this.#numbers !== undefined) {
      const value = numberOf(text);
      if (value === undefined) this.#numbers = undefined;
      else this.#numbers.add(value);
      if (this.#allWhole) this.#allWhole = isWholeNumber(text);
    }
    if (this.#allBoolean) this.#allBoolean = isBoolean(text);
    if (this.#dates !== undefined) {
      const order = dateOrderOf(text);
      if (order === undefined) this.#dates = undefined;
      else this.#dates.add(order, text);
    }
  }
}

/** Range, mean and sample of a column of numbers. */
class Numbers {
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #mean = 0;
  readonly #sample: Sample = newSample();

  add(value: number): void {
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    offer(this.#sample, value);
    // A running mean, each term divided on its own: a sum, or a difference, may be beyond a double.
    const n = this.#sample.seen;
    this.#mean += value / n - this.#mean / n;
  }

  distribution() {
    const [p25 = 0, p50 = 0, p75 = 0, p95 = 0] = quantiles(this.#sample, [0.25, 0.5, 0.75, 0.95]);
    return { mean: this.#mean, quantiles: { p25, p50, p75, p95 } };
  }
}

/** Earliest and latest of a column of dates, as they were written. */
class Dates {
  min = '';
  max = '';
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  add(order: number, text: string): void {
    if (order < this.#first) [this.#first, this.min] = [order, text];
    if (order > this.#last) [this.#last, this.max] = [order, text];
  }
}

function trimmed(cell: string): string {
  const text = cell.trim();
  return cell.length > text.length + 1_024 ? detached(text) : text;
}

/** A copy: V8 keeps a whole cell (up to 1 MiB) alive for as long as a slice of it lives. */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

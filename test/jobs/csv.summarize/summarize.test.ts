import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobErrorFields } from '../../../core/errors.ts';
import { summarize } from '../../../jobs/csv.summarize/summarize.ts';
import { rejection } from '../context.ts';

const never = new AbortController().signal;

function summaryOf(csv: string | Uint8Array, delimiter?: string) {
  return summarize([typeof csv === 'string' ? Buffer.from(csv) : csv], { delimiter, signal: never });
}

async function typesOf(cells: string[]) {
  const { columns } = await summaryOf(`c,d\n${cells.map((cell) => `${cell},\n`).join('')}`);
  return columns[0]?.type;
}

describe('summarize', () => {
  it('profiles every kind of column', async () => {
    const csv = [
      'id,price,paid,day,name,note',
      '1,9.50,true,2026-03-01,Ada,',
      '2,1e1,FALSE,2026-02-28T23:00:00Z,"Bo, the 2nd",  ',
      '3,-.5,true,2026-03-01T00:00Z,"Cy\n""C""",',
      '4,,true,,Ada,',
    ].join('\n');
    expect(await summaryOf(csv)).toEqual({
      rows: 4,
      bytes: 160,
      column_count: 6,
      columns: [
        {
          name: 'id',
          type: 'integer',
          count: 4,
          missing: 0,
          distinct: { count: 4, exact: true },
          min: 1,
          max: 4,
          mean: 2.5,
          quantiles: { p25: 1.75, p50: 2.5, p75: 3.25, p95: expect.closeTo(3.85, 10) },
        },
        {
          name: 'price',
          type: 'number',
          count: 3,
          missing: 1,
          distinct: { count: 3, exact: true },
          min: -0.5,
          max: 10,
          mean: expect.closeTo(6.333333, 5),
          quantiles: { p25: 4.5, p50: 9.5, p75: 9.75, p95: expect.closeTo(9.95, 10) },
        },
        {
          name: 'paid',
          type: 'boolean',
          count: 4,
          missing: 0,
          distinct: { count: 2, exact: true },
          min: 'FALSE',
          max: 'true',
        },
        {
          name: 'day',
          type: 'date',
          count: 3,
          missing: 1,
          distinct: { count: 3, exact: true },
          min: '2026-02-28T23:00:00Z',
          max: '2026-03-01',
        },
        {
          name: 'name',
          type: 'string',
          count: 4,
          missing: 0,
          distinct: { count: 3, exact: true },
          min: 'Ada',
          max: 'Cy "C"',
        },
        { name: 'note', type: 'empty', count: 0, missing: 4, distinct: { count: 0, exact: true } },
      ],
    });
  });

  it.each([
    [['1', '2.5'], 'number'],
    [['1', 'true'], 'string'],
    [['true', 'no'], 'string'],
    [['2026-01-01', '1'], 'string'],
    [['2026-01-01', '2026-02-30'], 'string'],
    [['00501', '10115'], 'string'],
    [['', '  ', '7'], 'integer'],
    [['', ' '], 'empty'],
  ])('calls %j %s', async (cells, type) => {
    expect(await typesOf(cells)).toBe(type);
  });

  it.each([
    ['LF', 'a,b\n1,x\n2,y\n'],
    ['CRLF', 'a,b\r\n1,x\r\n2,y\r\n'],
    ['CR', 'a,b\r1,x\r2,y\r'],
    ['mixed ends', 'a,b\r\n1,x\n2,y'],
    ['a byte order mark', '\ufeffa,b\n1,x\n2,y\n'],
    ['blank lines', '\na,b\n\n1,x\n\n\n2,y\n\n'],
    ['quotes everywhere', '"a","b"\n"1","x"\n"2","y"\n'],
    ['spaces', ' a ,b \n 1,x \n2 , y\n'],
  ])('reads a file with %s', async (_, csv) => {
    const { rows, columns } = await summaryOf(csv);
    expect(rows).toBe(2);
    expect(columns).toMatchObject([
      { name: 'a', type: 'integer', min: 1, max: 2 },
      { name: 'b', type: 'string', min: 'x', max: 'y' },
    ]);
  });

  it('takes other delimiters', async () => {
    expect((await summaryOf('a;b\n1,5;2\n', ';')).columns).toMatchObject([
      { name: 'a', min: '1,5' },
      { min: 2 },
    ]);
  });

  it('gives columns without a name, or with the same, a name of their own', async () => {
    const { columns } = await summaryOf(`a,,a, a ,a_2,,${'n'.repeat(100)}\n`);
    expect(columns.map(({ name }) => name)).toEqual([
      'a',
      'column_2',
      'a_2',
      'a_3',
      'a_2_2',
      'column_6',
      `${'n'.repeat(63)}…`,
    ]);
  });

  it('finds no rows below a header alone', async () => {
    expect(await summaryOf('a,b\n')).toMatchObject({
      rows: 0,
      column_count: 2,
      columns: [{ type: 'empty' }, {}],
    });
  });

  it('counts 1,000 different values exactly and stops there', async () => {
    const csv = (count: number) => `a\n${Array.from({ length: count }, (_, n) => `v${n}\n`).join('')}v0\n`;
    expect((await summaryOf(csv(1_000))).columns[0]?.distinct).toEqual({ count: 1_000, exact: true });
    expect((await summaryOf(csv(1_001))).columns[0]?.distinct).toEqual({ count: 1_000, exact: false });
  });

  it('tells long values apart that begin alike, and shows their beginning', async () => {
    const long = 'x'.repeat(70);
    expect((await summaryOf(`a\n${long}1\n${long}2\n${long}2\n`)).columns[0]).toMatchObject({
      distinct: { count: 2, exact: true },
      min: `${'x'.repeat(31)}…`,
      max: `${'x'.repeat(31)}…`,
    });
  });

  it('describes 150 columns of up to 1,000, and stays far below 100 KB whatever they hold', async () => {
    const line = (cell: (n: number) => string) =>
      `${Array.from({ length: 1_000 }, (_, n) => cell(n)).join(',')}\n`;
    const words = await summaryOf(
      line((n) => `${'漢'.repeat(80)}${n}`) + line(() => `"${'漢\u0001'.repeat(40)}"`),
    );
    expect(words.column_count).toBe(1_000);
    expect(words.columns).toHaveLength(150);
    expect(Buffer.byteLength(JSON.stringify(words))).toBeLessThan(80_000);
    const numbers = await summaryOf(
      line((n) => `${'漢'.repeat(80)}${n}`) + line(() => '-1.2345678901234567e-300'),
    );
    expect(Buffer.byteLength(JSON.stringify(numbers))).toBeLessThan(80_000);
  });

  it('gives the same however the bytes arrive', async () => {
    const bytes = Buffer.from('\ufeffä,"b ""q"" 😀"\r\n1,"line\r\nbreak"\r\n2.5,日本\r\n');
    const whole = await summaryOf(bytes);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length)), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
        expect(await summarize(pieces, { signal: never })).toEqual(whole);
      }),
    );
  });
});

describe('a file that is no CSV', () => {
  it.each([
    ['', 'it is empty; the first line must hold the names of the columns'],
    ['\ufeff', 'it is empty; the first line must hold the names of the columns'],
    ['\n\r\n', 'it is empty; the first line must hold the names of the columns'],
    ['a,b\n1,2\n3\n', 'line 3 has 1 field; the header has 2'],
    ['a,b\n1,2,hush\n', 'line 2 has 3 fields; the header has 2'],
    ['a,b\n\n\n"hush\nx",2\n3\n', 'line 6 has 1 field; the header has 2'],
    ['a,b\r\n"hush\r\nx\r\n",2\r\n3\r\n', 'line 5 has 1 field; the header has 2'],
    ['a,b\n1,"hush\n2,3\n', 'a quoted field that opens in or after line 2 is never closed'],
    ['a,"hush', 'a quoted field that opens in or after line 1 is never closed'],
    ['a,b\n1,"hush"hush\n', 'text follows a closing quote in line 2; write a quote inside a field twice'],
    [
      'a,b\r\n"x\r\ny",1\r\n1,"hush"hush\r\n',
      'text follows a closing quote in line 4; write a quote inside a field twice',
    ],
    ['a,b\n1,hush"\n', 'a quote inside an unquoted field in line 2; quote the whole field'],
    [','.repeat(1_000), 'line 1 has 1001 columns; at most 1000 are allowed'],
    [
      `a\n1\n"${'x\n'.repeat(600_000)}`,
      'no record ends within 1 MiB after line 2: a quote that is never closed, or not a CSV',
    ],
    [
      `a\n${','.repeat(2_000_000)}`,
      'no record ends within 1 MiB after line 1: a quote that is never closed, or not a CSV',
    ],
  ])('%# is refused for good, by line and without its content', async (csv, problem) => {
    const error = await rejection(summaryOf(csv));
    expect(error.message).toBe(`cannot read the CSV: ${problem}`);
    expect(jobErrorFields(error)).toEqual({ kind: 'permanent', code: 'validation' });
    expect(error.cause).toBeUndefined();
  });

  it.each([
    ['Windows-1252', Buffer.from('name\nM\xfcller\n', 'latin1'), 12],
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), 10],
    ['a character cut off', Buffer.from('a\nü').subarray(0, 3), 3],
  ])('%s is refused as not UTF-8', async (_, bytes, end) => {
    expect((await rejection(summaryOf(bytes))).message).toBe(
      `cannot read the CSV: it is not UTF-8 (within 65536 bytes before byte ${end}); save it as UTF-8 and retry`,
    );
  });
});

import { expect, expectTypeOf, test } from 'vitest';
import type { NodeRequest } from '../../core/workflow/request.ts';
import { csvCollect } from '../../jobs/csv.collect/contract.ts';
import { csvReport } from '../../jobs/csv.report/contract.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { echo } from '../../jobs/echo/contract.ts';

test('a node of a type, as the API takes it', () => {
  const node = csvSummarize.node('a', { payload: { csv: 'a,b' }, depends_on: ['.'], priority: 7 });
  expect(node).toEqual({
    key: 'a',
    type: 'csv.summarize',
    payload: { csv: 'a,b' },
    depends_on: ['.'],
    priority: 7,
  });
  expectTypeOf(node).toEqualTypeOf<NodeRequest>();
});

test('what does not fit does not compile', () => {
  // What a schema gives by default may be left out.
  csvCollect.node('a', { payload: { manifest: 'x' } });
  echo.node('a', { payload: { anything: 1 } });
  csvReport.node('a', { payload: { title: 'x' }, from: { '/summaries': { node: 'b' } } });
  csvSummarize.node('a', { map: { over: { node: '.', pointer: '/files' } } });
  // @ts-expect-error a payload that is none of the type's
  csvSummarize.node('a', { payload: { file: 'x' } });
  // @ts-expect-error part of a payload, and nothing from elsewhere
  csvReport.node('a', { payload: { title: 'x' } });
  // @ts-expect-error no payload at all
  csvSummarize.node('a', {});
  // @ts-expect-error a member that the payload has not
  csvReport.node('a', { payload: { heading: 'x' }, from: { '/summaries': { node: 'b' } } });
  // @ts-expect-error no field of a node
  csvSummarize.node('a', { payload: { csv: '' }, after: ['b'] });
});

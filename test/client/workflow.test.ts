import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { element, from, index, result, workflow } from '../../client/workflow.ts';
import { defineJob, defineSignal } from '../../core/define.ts';
import { plan } from '../../core/workflow/plan.ts';

const numbers = { queue: 'default', timeoutSeconds: 30, retry: { maxAttempts: 5 } };
const list = defineJob({
  ...numbers,
  type: 'book.list',
  payload: z.strictObject({ shelf: z.string() }),
  result: z.object({
    books: z.array(z.object({ isbn: z.string(), pages: z.int() })),
    title: z.string(),
    note: z.optional(z.string()),
  }),
});
const read = defineJob({
  ...numbers,
  type: 'book.read',
  payload: z.strictObject({ isbn: z.string(), place: z.optional(z.int()) }),
  result: z.object({ words: z.int() }),
});
const sum = defineJob({
  ...numbers,
  type: 'book.sum',
  payload: z.strictObject({
    title: z.optional(z.string()),
    counts: z.array(z.object({ words: z.int() })),
    style: z.optional(z.strictObject({ bold: z.boolean() })),
  }),
  result: z.object({ words: z.int() }),
});
/** Its payload is one of two. */
const send = defineJob({
  ...numbers,
  type: 'book.send',
  payload: z.union([
    z.strictObject({ text: z.string() }),
    z.strictObject({ words: z.int(), to: z.string() }),
  ]),
  result: z.object({}),
});
const approval = defineSignal({ name: 'approval', payload: z.strictObject({ by: z.string() }) });

const listed = workflow().node('list', list, { payload: { shelf: 'A' } });
const each = listed.node('each', read, {
  map: { over: from('list', '/books'), max_concurrency: 5 },
  from: { '/isbn': element('/isbn'), '/place': index() },
});

describe('what is built', () => {
  test('is what the API takes, in the order it was written', () => {
    const built = each
      .node('sum', sum, {
        from: { '/counts': result('each'), '/title': from('list', '/title') },
        payload: { style: { bold: true } },
        after: [{ key: 'list', on_failure: 'continue' }],
        max_attempts: 2,
      })
      .signal('approved', approval, { after: ['sum'], timeout_seconds: 60 })
      .node('send', send, {
        payload: { to: 'Ada' },
        from: { '/words': from('sum', '/words') },
        after: ['approved'],
        when: 'results.sum.words > 0',
      });
    expect(built.nodes).toEqual([
      { key: 'list', type: 'book.list', payload: { shelf: 'A' } },
      {
        key: 'each',
        type: 'book.read',
        map: { over: { node: 'list', pointer: '/books' }, max_concurrency: 5 },
        from: { '/isbn': { element: '/isbn' }, '/place': { index: true } },
      },
      {
        key: 'sum',
        type: 'book.sum',
        payload: { style: { bold: true } },
        from: { '/counts': { node: 'each', pointer: '' }, '/title': { node: 'list', pointer: '/title' } },
        depends_on: [{ key: 'list', on_failure: 'continue' }],
        max_attempts: 2,
      },
      { key: 'approved', signal: 'approval', depends_on: ['sum'], timeout_seconds: 60 },
      {
        key: 'send',
        type: 'book.send',
        payload: { to: 'Ada' },
        from: { '/words': { node: 'sum', pointer: '/words' } },
        depends_on: ['approved'],
        when: 'results.sum.words > 0',
      },
    ]);
  });

  test('a workflow in a workflow is known by its path, and the API takes it', () => {
    const built = workflow()
      .part('inner', each)
      .node('sum', sum, { from: { '/counts': result('inner/each') }, after: ['inner'] });
    const checked = plan(
      built.nodes,
      {
        queues: [{ name: 'default', memoryMb: 512, batchConcurrency: 10 }],
        contracts: [list, read, sum],
        signals: [],
      },
      Date.parse('2026-11-22T03:00:00Z'),
    );
    expect(checked.ok && checked.value.map(({ key }) => key)).toEqual([
      'inner:start',
      'inner/list',
      'inner/each',
      'inner',
      'sum',
    ]);
  });

  test('what was built before is not changed by what is built on it', () => {
    expect(listed.nodes.map(({ key }) => key)).toEqual(['list']);
    expect(each.nodes.map(({ key }) => key)).toEqual(['list', 'each']);
  });
});

/** An error that is expected and does not come is an error of `npm run types` itself. */
function refused() {
  // @ts-expect-error the payload has to be there
  workflow().node('list', list, {});
  // @ts-expect-error a shelf is text
  workflow().node('list', list, { payload: { shelf: 1 } });
  // @ts-expect-error it knows no row
  workflow().node('list', list, { payload: { shelf: 'A', row: 1 } });
  // @ts-expect-error another node has that key
  listed.node('list', list, { payload: { shelf: 'A' } });
  // @ts-expect-error there is no such node
  listed.node('read', read, { payload: { isbn: '1' }, after: ['lost'] });
  const outer = workflow().part('inner', each);
  // @ts-expect-error nor such a part of it
  outer.node('read', read, { payload: { isbn: '1' }, after: ['inner/lost'] });

  // @ts-expect-error there is no such node
  listed.node('read', read, { from: { '/isbn': from('lost', '/title') } });
  // @ts-expect-error its result has no such member
  listed.node('read', read, { from: { '/isbn': from('list', '/titel') } });
  // @ts-expect-error the payload has no such member
  listed.node('read', read, { payload: { isbn: '1' }, from: { '/isbm': from('list', '/title') } });
  // @ts-expect-error a list is no text
  listed.node('read', read, { from: { '/isbn': from('list', '/books') } });
  // @ts-expect-error the note may be missing, and isbn must not
  listed.node('read', read, { from: { '/isbn': from('list', '/note') } });
  // @ts-expect-error a pointer begins with a slash
  listed.node('read', read, { from: { '/isbn': from('list', 'title') } });
  // @ts-expect-error the result of the whole is an object
  listed.node('read', read, { from: { '/isbn': result('list') } });
  // @ts-expect-error isbn is still missing
  each.node('read', read, { from: { '/place': from('each', '/0/words') } });
  // @ts-expect-error counts come from elsewhere, the style's bold is missing
  each.node('sum', sum, { from: { '/counts': result('each') }, payload: { style: {} } });

  // @ts-expect-error a text is no list
  listed.node('each', read, { map: { over: from('list', '/title') }, payload: { isbn: '1' } });
  // @ts-expect-error an element has pages too, but no place where a number is wanted as text
  listed.node('each', read, { map: { over: from('list', '/books') }, from: { '/isbn': element('/pages') } });
  // @ts-expect-error an element, here words, is no payload of read
  each.node('read', read, { map: { over: result('each') } });
  // @ts-expect-error there is no element without a map
  listed.node('read', read, { from: { '/isbn': element('/isbn') } });
  // @ts-expect-error of a map the result is a list
  each.node('sum', sum, { from: { '/counts': from('each', '/words') } });
  // @ts-expect-error words want somebody to go to
  each.node('send', send, { from: { '/words': from('each', '/0/words') }, payload: {} });
  // @ts-expect-error words and text do not go together
  each.node('send', send, { payload: { text: 'a', to: 'b' }, from: { '/words': from('each', '/0/words') } });
  const approved = workflow().signal('ok', approval);
  // @ts-expect-error an approval says by whom
  approved.node('read', read, { from: { '/isbn': from('ok', '/who') } });
}

function taken() {
  listed.node('read', read, { from: { '/isbn': from('list', '/title') } });
  // Deeper than one member nothing is checked but the first.
  listed.node('read', read, { from: { '/isbn': from('list', '/books/0/isbn') } });
  each.node('sum', sum, { from: { '/counts': result('each'), '/style/bold': from('each', '/0/bold') } });
  each.node('sum', sum, { from: { '': from('list', '/books/0') } });
  each.node('read', read, { payload: { isbn: '1' }, from: { '/place': from('each', '/0/words') } });
  workflow()
    .signal('ok', approval)
    .node('read', read, { from: { '/isbn': from('ok', '/by') } });
  const isbns = defineJob({
    ...list,
    type: 'book.isbns',
    result: z.array(z.strictObject({ isbn: z.string() })),
  });
  workflow()
    .node('all', isbns, { payload: { shelf: 'A' } })
    .node('each', read, { map: { over: result('all') } });
}

test('types refuse and take what they must (`npm run types`); nothing is checked again when it runs', () => {
  expect(refused).not.toThrow();
  expect(taken).not.toThrow();
});

import { afterEach, describe, expect, it } from 'vitest';
import { plan } from '../../core/workflow/plan.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { signals } from '../../jobs/signals.ts';
import { fulfil, reportOnFiles } from '../../local/demo/examples.ts';
import { manifestOf } from '../../local/demo/files.ts';
import { startShop } from '../../local/demo/shop.ts';
import { workflowChecks } from '../../local/demo/workflow-checks.ts';
import type { SeenWorkflows } from '../../local/demo/workflows.ts';
import { aNode, aWorkflow, workflowId } from '../client/a-workflow.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('the examples', () => {
  const url = 'http://127.0.0.1:4000/ok';
  it.each([
    ['report', reportOnFiles({ manifest: 'demo/manifest.txt', url, secret: 's' }), 5],
    ['order', fulfil({ order: 'order-1', service: url, country: 'DE' }), 3],
  ])('%s is what the API takes', (_, { nodes }, count) => {
    const catalogue = { queues, contracts, signals: signals.map(({ name }) => name) };
    const checked = plan(nodes, catalogue, Date.parse('2026-11-22T03:00:00Z'));
    expect(checked.ok ? checked.value.length : checked.problem).toBe(count);
  });

  it('the manifest has a key on each line', () => {
    const files = [
      { name: 'a.csv', text: '' },
      { name: 'b.tsv', text: '' },
    ];
    expect(manifestOf(files)).toBe('demo/a.csv\ndemo/b.tsv\n');
  });
});

describe('the shop', () => {
  async function aShop() {
    const shop = await startShop({ pear: 10 });
    cleanups.push(shop.close);
    const ask = async (path: string, key: string, body: object) => {
      const headers = { 'idempotency-key': key };
      const answer = await fetch(shop.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, id: ((await answer.json()) as { id?: string }).id };
    };
    return { shop, ask };
  }

  it('does each thing once, however often it is asked with one key', async () => {
    const { shop, ask } = await aShop();
    const items = [{ sku: 'pear', quantity: 3 }];
    const first = await ask('/reservations', 'k1', { items });
    expect(await ask('/reservations', 'k1', { items })).toEqual(first);
    await ask('/payments', 'k1', { amount_cents: 500 });
    expect([shop.stock.get('pear'), shop.till(), shop.ledger]).toEqual([
      7,
      500,
      ['reservations', 'payments'],
    ]);
    await ask(`/reservations/${first.id}/release`, 'k2', {});
    await ask('/payments/made-2/refunds', 'k3', { amount_cents: 500 });
    expect([shop.stock.get('pear'), shop.till()]).toEqual([10, 0]);
  });

  it('ships anywhere but to one country', async () => {
    const { shop, ask } = await aShop();
    expect((await ask('/shipments', 'k1', { country: 'DE' })).status).toBe(200);
    expect(await ask('/shipments', 'k2', { country: 'AQ' })).toEqual({ status: 409, id: undefined });
    expect(shop.ledger).toEqual(['shipments', 'shipments refused']);
  });
});

describe('the checks', () => {
  /** How it all must end, with two files. A fresh one for each test, to break. */
  const aPerfectEnd = (): SeenWorkflows => ({
    report: {
      ...aWorkflow({ status: 'completed' }),
      nodes: ['list', 'each', 'report', 'approved', 'deliver', 'each[0]', 'each[1]'].map((key) =>
        aNode(key, { status: 'completed' }),
      ),
    },
    result: { files: 2, rows: 30 },
    heldBack: 'waiting',
    delivered: { answers: [200], unverified: 0, messages: 1 },
    order: {
      ...aWorkflow({ status: 'compensated' }),
      nodes: [
        aNode('reserve', { status: 'compensated' }),
        aNode('charge', { status: 'compensated' }),
        aNode('ship', { status: 'failed' }),
      ],
    },
    ledger: ['reservations', 'payments', 'shipments refused', 'refunds', 'release'],
    left: { stock: 10, till: 0 },
  });
  const wrongAfter = (harm: (seen: SeenWorkflows) => unknown) => {
    const seen = aPerfectEnd();
    harm(seen);
    return workflowChecks(seen, { files: 2, rows: 30 }).flatMap(({ wrong }) => wrong);
  };

  it('hold when all went as it must', () => {
    expect(wrongAfter(() => {})).toEqual([]);
    expect(workflowChecks(aPerfectEnd(), { files: 2, rows: 30 })).toHaveLength(4);
  });

  it.each<[string, (seen: SeenWorkflows) => unknown, string[]]>([
    [
      'a file that failed',
      (seen) => {
        seen.report.status = 'failed';
        seen.report.nodes[6]!.status = 'failed';
      },
      [`the workflow ${workflowId} is failed`, 'not completed: each[1] (failed)'],
    ],
    ['a file too few', (seen) => void seen.report.nodes.pop(), ['there must be 2 files; there are 1']],
    [
      'another report',
      (seen) => Object.assign(seen, { result: { files: 2, rows: 29 } }),
      ['the report says 2 files and 29 rows'],
    ],
    [
      'a delivery that did not wait',
      (seen) => Object.assign(seen, { heldBack: 'running' }),
      ['when it asked for its approval, the delivery was running'],
    ],
    [
      'a second delivery',
      (seen) => Object.assign(seen, { delivered: { answers: [200, 200], unverified: 1, messages: 2 } }),
      ['of 2 messages, its own was answered 200, 200, 1 times unsigned'],
    ],
    [
      'a charge that stands',
      (seen) => {
        seen.order.status = 'compensation_failed';
        seen.order.nodes[1]!.status = 'compensation_failed';
        seen.ledger = seen.ledger.slice(0, 3);
        seen.left = { stock: 7, till: 4200 };
      },
      [
        `the workflow ${workflowId} is compensation_failed`,
        'in another state: charge (compensation_failed)',
        'it saw reservations, payments, shipments refused; it must be reservations, payments, shipments refused, refunds, release',
        '7 of 10 pears in stock, 4200 cents in the till',
      ],
    ],
    [
      'goods back before the money',
      (seen) =>
        Object.assign(seen, {
          ledger: ['reservations', 'payments', 'shipments refused', 'release', 'refunds'],
        }),
      [
        'it saw reservations, payments, shipments refused, release, refunds; it must be reservations, payments, shipments refused, refunds, release',
      ],
    ],
  ])('find %s', (_, harm, wrong) => {
    expect(wrongAfter(harm)).toEqual(wrong);
  });
});

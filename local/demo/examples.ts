/** The two workflows of the demo, as you would write your own. */
import { from, result, workflow } from '../../client/workflow.ts';
import { csvList } from '../../jobs/csv.list/contract.ts';
import { csvReport } from '../../jobs/csv.report/contract.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { orderCharge } from '../../jobs/order.charge/contract.ts';
import { orderReserve } from '../../jobs/order.reserve/contract.ts';
import { orderShip } from '../../jobs/order.ship/contract.ts';
import { approval } from '../../jobs/signals.ts';
import { webhookDeliver } from '../../jobs/webhook.deliver/contract.ts';

/** Summarises all files of a manifest side by side, reports about them, and delivers the report once it is approved. */
export function reportOnFiles({ manifest, url, secret }: { manifest: string; url: string; secret: string }) {
  return workflow()
    .node('list', csvList, { payload: { manifest } })
    .node('each', csvSummarize, { map: { over: from('list', '/files') } })
    .node('report', csvReport, {
      payload: { title: 'The CSV files of vega-datasets' },
      from: { '/summaries': result('each'), '/names': from('list', '/names') },
    })
    .signal('approved', approval, { after: ['report'], timeout_seconds: 3600 })
    .node('deliver', webhookDeliver, {
      payload: { url, secret },
      from: { '/body': from('report', '/markdown') },
      after: ['approved'],
      when: 'results.approved.approved',
    });
}

/** What the order of the demo is about. */
export const pears = { sku: 'pear', quantity: 3 };
export const price = { amount_cents: 4_200, currency: 'EUR' };

/** Reserves, charges and ships; when one of them fails for good, what was done before it is undone, the last first. */
export function fulfil({ order, service, country }: { order: string; service: string; country: string }) {
  return workflow()
    .node('reserve', orderReserve, { payload: { service, order, items: [pears] } })
    .node('charge', orderCharge, {
      payload: { service, order, ...price },
      after: ['reserve'],
      on_failure: 'compensate',
    })
    .node('ship', orderShip, {
      payload: { service, order, country },
      from: { '/reservation': from('reserve', '/reservation'), '/payment': from('charge', '/payment') },
      on_failure: 'compensate',
    });
}

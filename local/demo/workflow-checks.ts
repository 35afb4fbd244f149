/** What must be true of the demo's workflows at their end. */
import type { WorkflowWithNodes } from '../../core/workflow/api.ts';
import { type Check, number, some } from './check.ts';
import { nodeOf, pearsInStock, type SeenWorkflows } from './workflows.ts';

/** @param wanted files of the run, and the rows that the report of jobs sent one by one counted in them */
export function workflowChecks(seen: SeenWorkflows, wanted: { files: number; rows: number }): Check[] {
  return [fanOut(seen, wanted), approved(seen), undone(seen), shop(seen)];
}

function fanOut({ report, result }: SeenWorkflows, { files, rows }: { files: number; rows: number }): Check {
  const elements = report.nodes.filter(({ key }) => key.startsWith('each['));
  const open = elements.filter(({ status }) => status !== 'completed');
  return {
    says: `a workflow summarised ${elements.length} files side by side, and its report has the same ${number(rows)} rows`,
    wrong: [
      ...(report.status === 'completed' ? [] : [`the workflow ${report.id} is ${report.status}`]),
      ...(elements.length === files ? [] : [`there must be ${files} files; there are ${elements.length}`]),
      ...some(
        'not completed',
        open.map(({ key, status }) => `${key} (${status})`),
      ),
      ...(result?.files === files && result.rows === rows
        ? []
        : [`the report says ${result?.files} files and ${result?.rows} rows`]),
    ],
  };
}

function approved({ heldBack, delivered }: SeenWorkflows): Check {
  const { answers, unverified, messages } = delivered;
  const once = answers.length === 1 && answers[0] === 200 && unverified === 0 && messages === 1;
  return {
    says: 'the report was delivered once, signed, and not before it was approved',
    wrong: [
      ...(heldBack === 'waiting' ? [] : [`when it asked for its approval, the delivery was ${heldBack}`]),
      ...(once
        ? []
        : [
            `of ${messages} messages, its own was answered ${answers.join(', ')}, ${unverified} times unsigned`,
          ]),
    ],
  };
}

const undoneStates = { reserve: 'compensated', charge: 'compensated', ship: 'failed' };

function undone({ order }: SeenWorkflows): Check {
  const others = Object.entries(undoneStates).filter(([key, state]) => nodeOf(order, key)?.status !== state);
  return {
    says: 'an order that could not be shipped was undone: its workflow is compensated',
    wrong: [
      ...(order.status === 'compensated' ? [] : [`the workflow ${order.id} is ${order.status}`]),
      ...some(
        'in another state',
        others.map(([key]) => stateIn(order, key)),
      ),
    ],
  };
}

function stateIn(workflow: WorkflowWithNodes, key: string): string {
  return `${key} (${nodeOf(workflow, key)?.status ?? 'not there'})`;
}

const wholeLedger = ['reservations', 'payments', 'shipments refused', 'refunds', 'release'];

function shop({ ledger, left }: SeenWorkflows): Check {
  const inOrder = ledger.join() === wholeLedger.join();
  const asBefore = left.stock === pearsInStock && left.till === 0;
  return {
    says: 'the shop saw each step once, money back before goods back, and is as it was before',
    wrong: [
      ...(inOrder ? [] : [`it saw ${ledger.join(', ') || 'nothing'}; it must be ${wholeLedger.join(', ')}`]),
      ...(asBefore
        ? []
        : [`${left.stock} of ${pearsInStock} pears in stock, ${left.till} cents in the till`]),
    ],
  };
}

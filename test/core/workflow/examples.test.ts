import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workflowDocument } from '../../../core/workflow/api.ts';
import { plan } from '../../../core/workflow/plan.ts';
import { nodeRequest } from '../../../core/workflow/request.ts';
import { contracts } from '../../../jobs/contracts.ts';
import { queues } from '../../../jobs/queues.ts';
import { signals } from '../../../jobs/signals.ts';

const docs = new URL('../../../docs/', import.meta.url);
const page = readFileSync(new URL('workflows.md', docs), 'utf8');
const catalogue = { queues, contracts, signals: signals.map(({ name }) => name) };

test.each([
  ['report.json', 'list each report approved publish:start publish/deliver publish/alarm publish log'],
  ['order.json', 'reserve charge ship'],
])('docs/examples/%s is taken, and stands in docs/workflows.md', (file, keys) => {
  const text = readFileSync(new URL(`examples/${file}`, docs), 'utf8');
  const { nodes } = workflowDocument.parse(JSON.parse(text));
  const checked = plan(nodes, catalogue, 1_800_000_000_000);
  expect(checked.ok ? checked.value.map(({ key }) => key).join(' ') : checked.problem).toBe(keys);
  expect(page).toContain(`\`\`\`json\n${text}\`\`\``);
});

test('docs/workflows.md has each field of a node and of the request', () => {
  const fieldsOf = (shape: object) => Object.keys(shape).sort();
  const named = (heading: string) =>
    [
      ...(page.split(heading)[1] ?? '')
        .split(/\n\n(?!\|)/, 1)
        .join('')
        .matchAll(/^\| `(\w+)` \|/gm),
    ]
      .map(([, name]) => name)
      .sort();
  expect(named('A field that is not in this table is refused.\n\n')).toEqual(fieldsOf(nodeRequest.shape));
  expect(named('Of the request:\n\n')).toEqual(fieldsOf(workflowDocument.shape));
});

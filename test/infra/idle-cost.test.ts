/** What docs/cost.md says a TaskQ costs in which nothing happens rests on these counts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';
import { resources, synthesise } from './templates.ts';

const { queue, watch } = await synthesise('prod', { queues, contracts });
const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
const count = (template: typeof queue, type: string) => Object.keys(resources(template, type)).length;

test('as many alarms, and as many polled queues, as the page says', () => {
  expect(/\| (\d+) alarms \|/.exec(page)?.[1]).toBe(String(count(watch, 'AWS::CloudWatch::Alarm')));
  expect(/receives of (\d+) queues \|/.exec(page)?.[1]).toBe(
    String(count(queue, 'AWS::Lambda::EventSourceMapping')),
  );
});

test('every mapping has a maximum concurrency, so polls as if there were work', () => {
  for (const { Properties } of Object.values(resources(queue, 'AWS::Lambda::EventSourceMapping')))
    expect(Properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
});

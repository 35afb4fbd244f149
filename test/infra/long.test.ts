import { expect, test } from 'vitest';
import { job, resource, resources, synthesise } from './templates.ts';

const { queue: template } = await synthesise('prod', {
  queues: [{ name: 'long', memoryMb: 512, batchConcurrency: 1 }],
  contracts: [job('archive', 'long', 885), job('sweep', 'long', 30)],
});
const lanes = ['critical', 'high', 'normal', 'low', 'quarantine'];

test('the worker of a long queue has the 900 s that Lambda gives', () => {
  expect(resource(template, 'AWS::Lambda::Function', 'worklong').Properties.Timeout).toBe(900);
});

test.each(lanes)(
  'lane %s hides a message for longer than the function may run, as Lambda demands',
  (lane) => {
    expect(resource(template, 'AWS::SQS::Queue', `long${lane}`).Properties.VisibilityTimeout).toBe(930);
  },
);

test('every lane hands over one message at a time', () => {
  const mappings = Object.entries(resources(template, 'AWS::Lambda::EventSourceMapping'));
  const own = mappings.filter(([id]) => id.startsWith('worklong'));
  expect(own.map(([, { Properties }]) => Properties.BatchSize)).toEqual([1, 1, 1, 1, 1]);
});

test('the worker may hide its messages: that is how their visibility is shortened and renewed', () => {
  const { Policies } = resource(template, 'AWS::IAM::Role', 'worklongrole').Properties;
  expect(JSON.stringify(Policies)).toContain('sqs:ChangeMessageVisibility');
});

test('a long type in a queue of batches is refused with the reason', async () => {
  const declared = {
    queues: [{ name: 'mail', memoryMb: 256, batchConcurrency: 10 }],
    contracts: [job('archive', 'mail', 120)],
  };
  await expect(synthesise('prod', declared)).rejects.toThrow(
    'type "archive" has timeoutSeconds 120, more than 60, which makes queue "mail" a long one',
  );
});

import { describe, expect, test, vi } from 'vitest';
import { DeclarationError, declarationFaults, declareStacks } from '../../infra/stacks.ts';
import { contracts as realContracts } from '../../jobs/contracts.ts';
import { queues as realQueues } from '../../jobs/queues.ts';
import { anApp, contracts, queues, resources, stubBundles, synthesise } from './templates.ts';

const fine = { stage: 'prod', name: 'taskq', queues, contracts };

describe('what is declared', () => {
  test('in jobs/ can be built', () => {
    expect(declarationFaults({ ...fine, queues: realQueues, contracts: realContracts })).toEqual([]);
  });

  test('a type that is too long for its queue stops the synth, with what to do', async () => {
    const long = contracts.map((each) => ({ ...each, timeoutSeconds: 61 }));
    await expect(declareStacks(anApp(), { ...fine, contracts: long, bundle: stubBundles })).rejects.toThrow(
      'TaskQ cannot be built:\n' +
        '  - type "mail.send" has timeoutSeconds 61, more than 60, which makes queue "mail" a long one, whose lease is renewed ' +
        'for one job at a time; but it has batchConcurrency 10. Put the type into a queue of its own with batchConcurrency 1, ' +
        'or lower its timeout\n' +
        '  - type "report" has timeoutSeconds 61',
    );
  });

  test('every fault is told at once', () => {
    const wrong = [
      { ...queues[0]!, batchConcurrency: 11 },
      { ...queues[1]!, memoryMb: 64 },
    ];
    expect(declarationFaults({ ...fine, queues: wrong })).toEqual([
      'queue "mail" has batchConcurrency 11; a whole number from 1 to 10, one SQS receive',
      'queue "reports" has memoryMb 64; 128 to 10240',
    ]);
  });

  test('nothing is bundled or declared when something is wrong', async () => {
    const app = anApp();
    const bundle = vi.fn(stubBundles);
    await expect(declareStacks(app, { ...fine, stage: 'test', bundle })).rejects.toThrow(DeclarationError);
    expect(bundle).not.toHaveBeenCalled();
    expect(app.node.children.filter((each) => each.node.id.startsWith('taskq'))).toEqual([]);
  });

  test('a stage that does not exist', () => {
    expect(declarationFaults({ ...fine, stage: 'test' })).toEqual([
      'stage "test" does not exist; -c stage= takes local or prod',
    ]);
  });

  test.each(['', 'My', '1st', 'a_b', 'a-name-that-is-too-long'])('name "%s"', (name) => {
    expect(declarationFaults({ ...fine, name })).toEqual([
      `name "${name}" cannot name stacks; -c name= takes 1 to 20 of a-z, 0-9 and -, a letter first`,
    ]);
  });

  const many = (count: number, name: string) => {
    const names = Array.from({ length: count }, (_, index) => `${name}${index}`);
    return {
      queues: names.map((each) => ({ ...queues[0]!, name: each })),
      contracts: names.map((each) => ({ ...contracts[0]!, type: each, queue: each })),
    };
  };

  test('more queues than the names of their lanes have room for', () => {
    expect(declarationFaults({ ...fine, ...many(10, 'queue-') })).toEqual([]);
    expect(declarationFaults({ ...fine, ...many(11, 'queue-') })).toEqual([
      'the names of the lanes of 11 queues take 3306 bytes; at most 3200, because they reach the functions in ' +
        "Lambda's 4 KB of environment: some ten queues with short names. Put more job types into one queue",
    ]);
    expect(declarationFaults({ ...fine, ...many(8, 'a-queue-with-quite-a-long-name-') })).toHaveLength(1);
  });

  test('as many as fit: every function has room for its environment', async () => {
    const { queue } = await synthesise('prod', many(10, 'queue-'));
    const text = (value: unknown): string => {
      if (typeof value === 'string') return value;
      const [[call, of]] = Object.entries(value as object) as [[string, [string, string]]];
      if (call === 'Fn::Join') return (of[1] as unknown as unknown[]).map(text).join('');
      // What CloudFormation adds to the logical id of an SQS queue.
      if (call === 'Fn::GetAtt' && of[1] === 'QueueName') return `tq-queue-${of[0]}-123456789012`;
      // The URL of one, and anything else: tables, functions, log groups.
      return 'x'.repeat(/quarantine|critical/.test(JSON.stringify(of)) ? 120 : 60);
    };
    for (const { Properties } of Object.values(resources(queue, 'AWS::Lambda::Function'))) {
      const variables = Object.entries(Properties.Environment?.Variables ?? {});
      const bytes = variables.reduce((sum, [name, value]) => sum + name.length + text(value).length, 0);
      expect(bytes).toBeGreaterThan(100);
      expect(bytes).toBeLessThan(4_096);
    }
  });
});

import { describe, expect, test, vi } from 'vitest';
import { DeclarationError, declarationFaults, declareStacks } from '../../infra/stacks.ts';
import { contracts as realContracts } from '../../jobs/contracts.ts';
import { queues as realQueues } from '../../jobs/queues.ts';
import { anApp, contracts, queues, stubBundles } from './templates.ts';

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

  test('more queues than the addresses of their lanes have room for', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const many = {
      queues: names.map((name) => ({ ...queues[0]!, name })),
      contracts: names.map((name) => ({ ...contracts[0]!, type: name, queue: name })),
    };
    expect(declarationFaults({ ...fine, ...many })).toEqual([
      "7 queues are declared; at most 5, because the addresses of their lanes reach the functions in Lambda's 4 KB of " +
        'environment. Put more job types into one queue',
    ]);
  });
});

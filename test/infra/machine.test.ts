// @ts-expect-error it comes without types
import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { machineDefinition } from '../../infra/machine.ts';
import { resource, resources, synthesise } from './templates.ts';

const [prod, local] = await Promise.all([synthesise('prod'), synthesise('local')]);
/** The validator writes into what it is given. */
const validated = (definition: object): { isValid: boolean; errors: unknown[] } =>
  aslValidator(structuredClone(definition));
interface State {
  Next?: string;
  Catch?: object[];
  Retry?: object[];
}

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:advance';

describe.each([
  ['on AWS', machineDefinition(arn)],
  ['on an emulator that knows no TimeoutSecondsPath', machineDefinition(arn, 10)],
])('the machine %s', (_, definition) => {
  test('is Amazon States Language, in JSONPath', () => {
    const { isValid, errors } = validated(definition);
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
    expect(JSON.stringify(definition)).not.toMatch(/JSONata|QueryLanguage/);
  });

  test('takes one transition an advance, and one more to end', () => {
    const { States } = definition as { States: Record<string, State> };
    for (const state of [States.Advance, States.Look]) {
      expect(state?.Next).toBe('Advance');
      const ended = { ErrorEquals: ['ended'], ResultPath: '$.ended', Next: 'Done' };
      expect(state?.Catch?.[0]).toEqual(ended);
      expect(state?.Retry?.[0]).toEqual({ ErrorEquals: ['States.Timeout', 'ended'], MaxAttempts: 0 });
    }
    expect(States.Done).toEqual({ Type: 'Succeed' });
  });

  test('every wait has an end, after which the jobs are looked at', () => {
    const { States } = definition as { States: Record<string, Record<string, unknown>> };
    for (const name of ['Advance', 'Look']) {
      const state = States[name] ?? {};
      expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
      expect(state.Catch).toContainEqual({
        ErrorEquals: ['States.Timeout'],
        ResultPath: '$.timeout',
        Next: 'Look',
      });
    }
  });
});

test('a broken machine is found', () => {
  const broken = machineDefinition(arn) as { StartAt: string };
  expect(validated({ ...broken, StartAt: 'Nowhere' }).isValid).toBe(false);
});

test.each([
  ['prod', prod],
  ['local', local],
])('what is deployed on %s is that machine, and a standard one', (_, { queue }) => {
  const [machine, ...others] = Object.values(resources(queue, 'AWS::StepFunctions::StateMachine'));
  expect(others).toEqual([]);
  expect(machine?.Properties.StateMachineType).toBe('STANDARD');
  const text = JSON.stringify(machine?.Properties.DefinitionString);
  expect(text.includes('TimeoutSecondsPath')).toBe(queue === prod.queue);
});

test('running workflows are looked after every minute, by advance', () => {
  const rules = Object.values(resources(prod.queue, 'AWS::Events::Rule'));
  const [rule] = rules.filter(({ Properties }) => Properties.Description.includes('workflows'));
  expect(rule?.Properties.ScheduleExpression).toBe('rate(1 minute)');
  const [target, ...more] = rule?.Properties.Targets ?? [];
  expect(more).toEqual([]);
  expect(target.Arn['Fn::GetAtt'][0]).toMatch(/^advance/);
  expect(JSON.stringify(target.Input)).toContain('watch');
  expect(resource(prod.queue, 'AWS::Lambda::Function', 'advance').Properties.Timeout).toBe(120);
});

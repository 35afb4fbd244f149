import { describe, expect, test } from 'vitest';
import { resource, resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).queue;
const local = (await synthesise('local')).queue;

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

const { Policies } = resource(prod, 'AWS::IAM::Role', 'releaserole').Properties;
const statements: Statement[] = Policies.flatMap(
  (each: { PolicyDocument: { Statement: Statement[] } }) => each.PolicyDocument.Statement,
);

describe('release', () => {
  test('release reads jobs, their attention index and what is said of tenants; it writes the last, and no key', () => {
    const reached = (action: string) =>
      statements
        .filter((each) => [each.Action].flat().includes(action))
        .map((each) => JSON.stringify(each.Resource))
        .map((of) => (/jobs|control|keys/.exec(of)?.[0] ?? '') + (/\/index\/\w+/.exec(of)?.[0] ?? ''));
    expect(reached('dynamodb:Query').sort()).toEqual(['control', 'jobs', 'jobs/index/attention']);
    expect(reached('dynamodb:PutItem')).toEqual(['control']);
  });
});

describe('the minute', () => {
  const tasks = (template: typeof prod) => {
    const rules = Object.values(resources(template, 'AWS::Events::Rule'));
    const [rule, ...more] = rules.filter(({ Properties }) => !Properties.Description.includes('workflows'));
    expect(more).toEqual([]);
    expect(rule!.Properties.ScheduleExpression).toBe('rate(1 minute)');
    const targets: { Arn: { 'Fn::GetAtt': string[] }; Input: string }[] = rule!.Properties.Targets;
    for (const { Arn } of targets) expect(Arn['Fn::GetAtt'][0]).toMatch(/^release/);
    return targets.map(({ Input }) => JSON.parse(Input));
  };

  test('calls release to walk, and for each part of what is due', () => {
    expect(tasks(local)).toEqual([{ walk: true }, { due: { part: 0, parts: 1 } }]);
    expect(tasks(prod)).toEqual([
      { walk: true },
      { due: { part: 0, parts: 4 } },
      { due: { part: 1, parts: 4 } },
      { due: { part: 2, parts: 4 } },
      { due: { part: 3, parts: 4 } },
    ]);
  });

  test('does not run beside itself', () => {
    expect(resource(prod, 'AWS::Lambda::Function', 'release').Properties.Timeout).toBeLessThan(60);
    const [config] = Object.values(resources(prod, 'AWS::Lambda::EventInvokeConfig'));
    expect(config!.Properties.MaximumRetryAttempts).toBe(0);
  });
});

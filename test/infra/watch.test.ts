import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resources, synthesise } from './templates.ts';

const prod = (await synthesise('prod')).watch;
const alarms = Object.values(resources(prod, 'AWS::CloudWatch::Alarm')).map((each) => each.Properties);
const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const sections = runbook.split(/^## /m).slice(1);
const headings = sections.map((each) => each.slice(0, each.indexOf('\n')));
const kindOf = (alarm: { AlarmDescription: string }) =>
  /docs\/runbook\.md#([a-z-]+)$/.exec(alarm.AlarmDescription)?.[1];

describe('the runbook', () => {
  test('has a heading for every kind of alarm, and no other', () => {
    expect([...headings].sort()).toEqual([...new Set(alarms.map(kindOf))].sort());
  });

  test.each(headings)('%s: description, investigation, resolution', (heading) => {
    const section = sections[headings.indexOf(heading)]!;
    expect([...section.matchAll(/^### (.+)$/gm)].map(([, title]) => title)).toEqual([
      'Description',
      'Investigation',
      'Resolution',
    ]);
  });

  test.each(headings)('%s says the severity that its alarms have', (heading) => {
    const severities = alarms
      .filter((each) => kindOf(each) === heading)
      .map((each) => /^\[(\w+)\]/.exec(each.AlarmDescription)![1]!);
    for (const severity of new Set(severities))
      expect(sections[headings.indexOf(heading)]).toContain(`**${severity}**`);
  });
});

describe('every alarm', () => {
  test('is named after this TaskQ, its kind and what it watches', () => {
    for (const each of alarms) expect(each.AlarmName).toMatch(new RegExp(`^tq-${kindOf(each)}(-[a-z-]+)?$`));
  });

  test('tells the topic of its severity', () => {
    for (const each of alarms) {
      const severity = /^\[(page|ticket)\] /.exec(each.AlarmDescription)![1]!;
      expect(each.AlarmActions).toEqual([{ Ref: expect.stringMatching(new RegExp(`^${severity}`)) }]);
    }
  });

  test('looks at a metric as it is: emulators refuse metric math', () => {
    for (const each of alarms) {
      expect(each.Metrics).toBeUndefined();
      expect(each.MetricName).toBeDefined();
    }
  });
});

test('a metric is alarmed on as its function writes it', () => {
  const own = alarms.filter((each) => each.Namespace === 'TaskQ');
  const sources = new Set(own.map((each) => each.Dimensions[0].Value));
  expect(sources).toEqual(new Set(['bury', 'work', 'operate', 'release', 'advance']));
  for (const source of sources) {
    const handler = readFileSync(join(import.meta.dirname, `../../functions/${source}/handler.ts`), 'utf8');
    expect(handler).toMatch(new RegExp(`logInvocation\\(\\s*'${source}'`));
  }
});

test('whoever reads pointers is watched: workers, TaskQ’s own operations, bury', () => {
  const watched = (kind: string) =>
    alarms
      .filter((each) => kindOf(each) === kind)
      .map((each) => each.Dimensions[0].Value)
      .sort();
  for (const kind of ['leases-lost', 'out-of-memory', 'unreadable-messages'])
    expect(watched(kind)).toEqual(['bury', 'operate', 'work']);
});

test.each(['jobs', 'keys', 'control'])('throttled reads of table %s are noticed', (table) => {
  expect(alarms.map((each) => each.AlarmName)).toContain(`tq-table-throttles-${table}-reads`);
});

describe('thresholds', () => {
  const named = (name: string) => alarms.find((each) => each.AlarmName === `tq-${name}`)!;

  test('one buried job is one too many', () => {
    expect(named('jobs-buried')).toMatchObject({
      Namespace: 'TaskQ',
      MetricName: 'JobsBuried',
      Dimensions: [
        { Name: 'Source', Value: 'bury' },
        { Name: 'TaskQ', Value: 'tq' },
      ],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    });
  });

  test.each([
    ['critical', 960],
    ['high', 1200],
    ['normal', 1800],
    ['low', 4500],
    ['quarantine', 4500],
  ])('a message in %s is late after %d s, the longest delay included', (lane, seconds) => {
    expect(named(`lane-late-reports-${lane}`)).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Threshold: seconds,
    });
  });

  test('a release that is not called is noticed, although it says nothing', () => {
    expect(named('release-silent')).toMatchObject({
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  test.each(['enqueue', 'manage', 'work-mail', 'work-reports', 'operate', 'bury', 'release', 'keys'])(
    '%s is watched for errors and throttles',
    (id) => {
      expect(named(`function-errors-${id}`)).toMatchObject({ MetricName: 'Errors', Threshold: 0 });
      expect(named(`function-throttles-${id}`)).toMatchObject({
        MetricName: 'Throttles',
        EvaluationPeriods: 3,
      });
    },
  );
});

test('topics keep the default policy and no key, or alarms could not publish', () => {
  const topics = Object.values(resources(prod, 'AWS::SNS::Topic'));
  expect(topics).toHaveLength(2);
  for (const { Properties } of topics) expect(Properties.KmsMasterKeyId).toBeUndefined();
  expect(resources(prod, 'AWS::SNS::TopicPolicy')).toEqual({});
});

import { Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { apiFailures, apiRequests, functionMetric, metricsOf, oldestMessage, waiting } from './metrics.ts';
import type { QueueStack } from './queue-stack.ts';

/** One row per question: does the API answer, does each queue move, are the functions well. */
export function dashboard(scope: Construct, queue: QueueStack, name: string): Dashboard {
  const taskqMetric = metricsOf(name);
  const board = new Dashboard(scope, 'dashboard');
  const functions = Object.keys(queue.functions);
  board.addWidgets(
    new TextWidget({ markdown: '# TaskQ\nWhat each alarm means: `docs/runbook.md`', width: 24, height: 2 }),
  );
  board.addWidgets(
    graph('Requests', [apiRequests(queue), apiFailures(queue)]),
    graph('Jobs accepted, requests refused', [
      taskqMetric('accepted', 'enqueue'),
      taskqMetric('refused', 'enqueue'),
      taskqMetric('refused', 'manage'),
    ]),
    graph('Jobs', [
      ...(['completed', 'failed', 'retried'] as const).map((each) => taskqMetric(each, 'work')),
      taskqMetric('buried', 'bury'),
      taskqMetric('released', 'release'),
    ]),
  );
  board.addWidgets(
    graph('Sent again: none of these while lanes are on time', [
      ...(['resent', 'aged', 'foundLost', 'quarantined'] as const).map((each) =>
        taskqMetric(each, 'release'),
      ),
    ]),
    graph('Deaths: none of these on a quiet day', [
      ...(['leasesLost', 'outOfMemory', 'timedOut', 'renewalsFailed'] as const).map((each) =>
        taskqMetric(each, 'work'),
      ),
      taskqMetric('leasesLost', 'bury'),
    ]),
    graph('The walk: entries given', [taskqMetric('watched', 'release')]),
    graph('Behind: partitions unfinished, seconds of the walk', [
      taskqMetric('unfinished', 'release'),
      taskqMetric('walkBehind', 'release'),
    ]),
  );
  board.addWidgets(
    graph('Workflows: advances, nodes read', [
      taskqMetric('advances', 'advance'),
      taskqMetric('nodesRead', 'advance'),
    ]),
    graph('Workflows: stuck, revived; none of these', [
      taskqMetric('workflowsStuck', 'advance'),
      taskqMetric('workflowsRevived', 'advance'),
    ]),
  );
  for (const { contract, lanes: of, dead } of queue.queues) {
    board.addWidgets(
      graph(`${contract.name}: waiting`, [...Object.values(of), dead].map(waiting), 12),
      graph(`${contract.name}: oldest, s`, [...Object.values(of), dead].map(oldestMessage), 12),
    );
  }
  board.addWidgets(
    graph(
      'Duration p99, ms',
      functions.map((each) => functionMetric(queue, each, 'Duration', 'p99')),
    ),
    graph(
      'Errors',
      functions.map((each) => functionMetric(queue, each, 'Errors')),
    ),
    graph(
      'Throttles',
      functions.map((each) => functionMetric(queue, each, 'Throttles')),
    ),
  );
  return board;
}

function graph(title: string, left: IMetric[], width = 8): GraphWidget {
  return new GraphWidget({ title, left, width });
}

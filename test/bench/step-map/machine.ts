/**
 * What one would write without TaskQ: a Map whose every iteration sends a message with a task token and waits for it.
 * - `chain`: one iteration at a time.
 * - `fan`: one node, then all at once, then one. AWS runs at most 40 iterations of such a Map at a time; the emulator,
 *   all. That is in the Map's favour.
 */
export function mapDefinition(kind: 'chain' | 'fan', queueUrl: string): Record<string, unknown> {
  const each = {
    Type: 'Map',
    ItemsPath: '$.nodes',
    MaxConcurrency: kind === 'chain' ? 1 : 0,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'Node',
      States: { Node: { ...node(queueUrl, '$'), End: true } },
    },
    ResultPath: '$.each',
  };
  if (kind === 'chain') return { StartAt: 'Each', States: { Each: { ...each, End: true } } };
  return {
    StartAt: 'First',
    States: {
      First: { ...node(queueUrl, '$.first'), ResultPath: '$.first', Next: 'Each' },
      Each: { ...each, Next: 'Last' },
      Last: { ...node(queueUrl, '$.last'), ResultPath: '$.last', End: true },
    },
  };
}

/**
 * Transitions of an execution with so many nodes: a task each, and the Map. By definition: the emulator's history
 * leaves iterations out.
 */
export function mapTransitions(nodes: number): number {
  return nodes + 1;
}

function node(queueUrl: string, input: string): Record<string, unknown> {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Parameters: { QueueUrl: queueUrl, MessageBody: { 'token.$': '$$.Task.Token', 'node.$': input } },
    TimeoutSeconds: 60,
  };
}

import { endedError } from '../core/workflow/item.ts';

/**
 * The one state machine, the same for every graph: advance, wait for news, advance … until it is done. In Amazon
 * States Language with JSONPath, which every emulator speaks. One transition an advance: what goes on comes back with
 * success, and what has ended with the error `ended`, so that no state is needed to tell the two apart.
 *
 * @param stateTimeoutSeconds for an emulator that knows no `TimeoutSecondsPath`: how long every state waits
 *
 * `$.next` is what the task token was handed back with: `{waitSeconds}`.
 */
export function machineDefinition(advanceArn: string, stateTimeoutSeconds?: number): Record<string, unknown> {
  return {
    Comment: 'One execution for each workflow; advance decides, jobs work.',
    StartAt: 'Advance',
    States: {
      Advance: advanceState(advanceArn, false, stateTimeoutSeconds),
      // The wait ended by itself: a wake-up may have been lost, so the jobs are looked at.
      Look: advanceState(advanceArn, true, stateTimeoutSeconds),
      // AWS would not let it advance for an hour of tries: not lost, but later.
      Later: { Type: 'Wait', Seconds: 600, Next: 'Look' },
      Done: { Type: 'Succeed' },
    },
  };
}

function advanceState(
  advanceArn: string,
  timedOut: boolean,
  timeoutSeconds?: number,
): Record<string, unknown> {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: {
      FunctionName: advanceArn,
      Payload: {
        'tenant.$': '$.tenant',
        'workflow.$': '$.workflow',
        'waitSeconds.$': '$.next.waitSeconds',
        'token.$': '$$.Task.Token',
        'execution.$': '$$.Execution.Name',
        'machine.$': '$$.StateMachine.Id',
        timedOut,
      },
    },
    ...(timeoutSeconds === undefined
      ? { TimeoutSecondsPath: '$.next.waitSeconds' }
      : { TimeoutSeconds: timeoutSeconds }),
    ResultPath: '$.next',
    Retry: [
      { ErrorEquals: ['States.Timeout', endedError], MaxAttempts: 0 },
      {
        ErrorEquals: ['States.ALL'],
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 8,
        MaxDelaySeconds: 300,
      },
    ],
    Catch: [
      { ErrorEquals: [endedError], ResultPath: '$.ended', Next: 'Done' },
      { ErrorEquals: ['States.Timeout'], ResultPath: '$.timeout', Next: 'Look' },
      { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Later' },
    ],
    Next: 'Advance',
  };
}

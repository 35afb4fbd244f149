import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import {
  type IRole,
  Policy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  alsoHoldsKeys,
  alsoWritesSealed,
  type Binding,
  batchCallsByName,
  bucket,
  table,
  told,
  updatesWorkflows,
  workflowsIn,
} from './bindings.ts';
import type { DataStack } from './data-stack.ts';
import { machineDefinition } from './machine.ts';
import type { Platform } from './stacks.ts';
import { TaskqFunction } from './taskq-function.ts';

export interface WorkflowsProps {
  platform: Platform;
  data: DataStack;
  /** As they are bound to the functions beside it. */
  bindings: Record<'LANES' | 'KEYS_TABLE' | 'MASTER_KEY' | 'KEYS_FUNCTION', Binding>;
}

/** Jobs that depend on jobs: the state machine, what advances it, what tells it of ends, and its part of the API. */
export class Workflows extends Construct {
  readonly machine: StateMachine;
  readonly advance: TaskqFunction<'advance'>;
  readonly workflows: TaskqFunction<'workflows'>;

  /** What it takes to tell a workflow that a job of it ended: its item, and its waiting execution. */
  readonly tells: Binding;

  constructor(scope: Construct, id: string, { platform, data, bindings }: WorkflowsProps) {
    super(scope, id);
    const { memoryMb } = platform.stage;
    const { LANES, KEYS_TABLE, MASTER_KEY, KEYS_FUNCTION } = bindings;

    this.advance = new TaskqFunction(scope, 'advance', {
      platform,
      // A map of thousands is enqueued in one go; what is not done is done by the next.
      timeoutSeconds: 120,
      memoryMb: memoryMb.advance,
      bindings: {
        JOBS_TABLE: alsoWritesSealed(
          data.jobs,
          ['BatchWriteItem'],
          table(data.jobs, ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem']),
        ),
        CONTROL_TABLE: workflowsIn(data.control, ['GetItem', 'PutItem', 'UpdateItem', 'Query']),
        KEYS_TABLE,
        DATA_BUCKET: bucket(data.bucket, { read: ['sealed'], write: ['sealed'] }),
        LANES,
        MASTER_KEY,
      },
    });
    this.machine = new StateMachine(this, 'states', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(
        JSON.stringify(
          machineDefinition(this.advance.lambda.functionArn, platform.stage.stateTimeoutSeconds),
        ),
      ),
      // The library's own role would be given its grants by the states it does not know of.
      role: machineRole(this, this.advance.lambda),
    });
    new Rule(this, 'watch', {
      description: 'TaskQ: looks after running workflows',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new FunctionTarget(this.advance.lambda, {
          event: RuleTargetInput.fromObject({ watch: true, machine: this.machine.stateMachineArn }),
        }),
      ],
    });
    const handsBack = statement('states:SendTaskSuccess', this.machine.stateMachineArn);
    const starts = statement('states:StartExecution', this.machine.stateMachineArn);
    // Apart from its role: the machine needs the function, and the function's leave needs the machine.
    this.tells = updatesWorkflows(data.control, handsBack);
    const ends = statement('states:SendTaskFailure', this.machine.stateMachineArn);
    const continues = [handsBack, ends, starts];
    new Policy(this, 'continues', {
      roles: [this.advance.role],
      statements: [
        ...continues,
        ...(platform.stage.allowBatchCallsByName ? batchCallsByName(continues) : []),
      ],
    });

    this.workflows = new TaskqFunction(scope, 'workflows', {
      platform,
      // API Gateway gives up after 29 s.
      timeoutSeconds: 29,
      memoryMb: memoryMb.workflows,
      bindings: {
        JOBS_TABLE: alsoHoldsKeys(data.jobs, table(data.jobs, ['BatchGetItem'])),
        CONTROL_TABLE: workflowsIn(data.control, [
          'GetItem',
          'PutItem',
          'UpdateItem',
          'Query',
          'BatchWriteItem',
        ]),
        KEYS_TABLE,
        // What jobs have added may lie there; what it writes itself lies in the control table.
        DATA_BUCKET: bucket(data.bucket, { read: ['sealed'] }),
        MASTER_KEY,
        KEYS_FUNCTION,
        STATE_MACHINE: { ...told(this.machine.stateMachineArn), allows: [handsBack, starts] },
      },
    });
  }
}

function machineRole(scope: Construct, advance: LambdaFunction): IRole {
  const invokes = new PolicyDocument({
    statements: [statement('lambda:InvokeFunction', advance.functionArn)],
  });
  const assumedBy = new ServicePrincipal('states.amazonaws.com');
  return new Role(scope, 'machine-role', { assumedBy, inlinePolicies: { invokes } }).withoutPolicyUpdates();
}

function statement(action: string, resource: string): PolicyStatement {
  return new PolicyStatement({ actions: [action], resources: [resource] });
}

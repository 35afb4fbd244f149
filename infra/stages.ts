import type { Lane } from '../core/lane.ts';
import type { FunctionName } from '../core/wiring.ts';

/** Every number and switch that differs from one stage to another. Nothing else in infra asks for the stage's name. */
export interface Stage {
  /**
   * Batches of a lane that run at once, per queue: the lane's weight. Lambda takes 2 to 1000. Quarantine's are
   * single jobs: fewer than a batch has, and the jobs of one lost worker wait for one another.
   */
  laneConcurrency: Record<Lane, number>;
  /** Batches of dead letters that are judged at once, per queue. */
  buryConcurrency: number;
  /** Invocations of `release` a minute, each for its part of what is due; one more walks. */
  releaseParts: number;
  /** Memory of the functions; a worker's stands on its queue (`jobs/queues.ts`). */
  memoryMb: Record<Exclude<FunctionName, 'work' | 'operate'>, number>;
  /**
   * Concurrency set aside for a function, out of the account's. None by default: a new account has a quota
   * of 10, all of which Lambda keeps unreserved. A worker's must be no less than the sum of its lanes'.
   */
  reservedConcurrency: Partial<Record<FunctionName, number>>;
  logRetentionDays: 1 | 30;
  /** Platform traces (X-Ray's default sampling). Functions carry `traceparent` by themselves. */
  tracing: boolean;
  /** API Gateway's access log; it sets the region's CloudWatch role of API Gateway. */
  accessLog: boolean;
  /** Requests a second, and at once, that the API takes before it answers 429. */
  throttle: { ratePerSecond: number; burst: number };
  /** Tables, keys and bucket outlive `cdk destroy`. */
  keepData: boolean;
  pointInTimeRecovery: boolean;
  /** The emulator replaces an unnamed TableV2 at any update and loses its rows; AWS does not. */
  nameTables: boolean;
  /** Refuse plain HTTP. An emulator on loopback has nothing else. */
  requireTls: boolean;
  /** Tenant keys may be unwrapped only with TaskQ's encryption context. Emulators don't know the condition and deny. */
  requireEncryptionContext: boolean;
  /** An emulator asks a role for batch calls by their own names, which AWS checks as their single calls, and for a task token without its machine. */
  allowBatchCallsByName: boolean;
  /** Webhooks may call private and loopback addresses. */
  allowPrivateAddresses: boolean;
  /** An emulator that ignores `TimeoutSecondsPath`: every wait of a workflow ends after so long and looks. */
  stateTimeoutSeconds?: number;
  alarms: {
    /** How late the oldest message of a lane may be, beyond the longest delay SQS gives. */
    laneLateSeconds: Record<Lane, number>;
    /** How long a dead letter may wait to be judged. */
    deadLetterSeconds: number;
    /** How late the walk may be. Of many tenants' shards, idle ones are looked at every ten minutes. */
    walkBehindSeconds: number;
    /** Failures in 5 minutes. */
    functionErrors: number;
    apiErrors: number;
    /** Throttled calls in 5 minutes, three times in a row. */
    throttles: number;
  };
}

const memoryMb = {
  enqueue: 512,
  manage: 512,
  bury: 256,
  release: 1024,
  keys: 256,
  advance: 512,
  workflows: 512,
};

const alarms = {
  laneLateSeconds: { critical: 60, high: 300, normal: 900, low: 3600, quarantine: 3600 },
  deadLetterSeconds: 900,
  walkBehindSeconds: 1800,
  functionErrors: 0,
  apiErrors: 0,
  throttles: 0,
};

export const stages = {
  /** An emulator on a laptop of two cores: each batch that runs is a process of its own. */
  local: {
    laneConcurrency: { critical: 2, high: 3, normal: 5, low: 2, quarantine: 10 },
    buryConcurrency: 2,
    releaseParts: 1,
    memoryMb,
    reservedConcurrency: {},
    logRetentionDays: 1,
    tracing: false,
    accessLog: false,
    throttle: { ratePerSecond: 10_000, burst: 5_000 },
    keepData: false,
    pointInTimeRecovery: false,
    nameTables: true,
    requireTls: false,
    requireEncryptionContext: false,
    allowBatchCallsByName: true,
    allowPrivateAddresses: true,
    stateTimeoutSeconds: 10,
    alarms,
  },
  prod: {
    laneConcurrency: { critical: 20, high: 20, normal: 50, low: 10, quarantine: 20 },
    buryConcurrency: 2,
    releaseParts: 4,
    memoryMb,
    reservedConcurrency: {},
    logRetentionDays: 30,
    tracing: true,
    accessLog: true,
    // API Gateway's own quota of an account and region; a smaller one protects its other APIs.
    throttle: { ratePerSecond: 10_000, burst: 5_000 },
    keepData: true,
    pointInTimeRecovery: true,
    nameTables: false,
    requireTls: true,
    requireEncryptionContext: true,
    allowBatchCallsByName: false,
    allowPrivateAddresses: false,
    alarms,
  },
} as const satisfies Record<string, Stage>;

/**
 * The functions of TaskQ and what each is told by its environment: infra must write it, functions may
 * read nothing else. Each is told `TASKQ` besides, the name that its metrics bear. The smallest map of the system.
 */
export const wiring = {
  enqueue: ['JOBS_TABLE', 'KEYS_TABLE', 'DATA_BUCKET', 'LANES', 'MASTER_KEY', 'KEYS_FUNCTION'],
  manage: [
    'JOBS_TABLE',
    'CONTROL_TABLE',
    'KEYS_TABLE',
    'DATA_BUCKET',
    'LANES',
    'MASTER_KEY',
    'KEYS_FUNCTION',
    'CODE_VERSION',
  ],
  work: [
    'JOBS_TABLE',
    'CONTROL_TABLE',
    'KEYS_TABLE',
    'DATA_BUCKET',
    'LANES',
    'MASTER_KEY',
    'CODE_VERSION',
    'QUEUE',
    'ALLOW_PRIVATE_ADDRESSES',
    'WORKER_LOGS',
  ],
  operate: [
    'JOBS_TABLE',
    'CONTROL_TABLE',
    'KEYS_TABLE',
    'DATA_BUCKET',
    'LANES',
    'MASTER_KEY',
    'CODE_VERSION',
    'WORKER_LOGS',
  ],
  bury: ['JOBS_TABLE', 'CONTROL_TABLE', 'DATA_BUCKET', 'LANES', 'WORKER_LOGS'],
  release: ['JOBS_TABLE', 'CONTROL_TABLE', 'LANES'],
  advance: ['JOBS_TABLE', 'CONTROL_TABLE', 'KEYS_TABLE', 'DATA_BUCKET', 'LANES', 'MASTER_KEY'],
  workflows: [
    'JOBS_TABLE',
    'CONTROL_TABLE',
    'KEYS_TABLE',
    'DATA_BUCKET',
    'MASTER_KEY',
    'KEYS_FUNCTION',
    'STATE_MACHINE',
  ],
  keys: ['KEYS_TABLE', 'CONTROL_TABLE', 'MASTER_KEY'],
} as const satisfies Record<string, readonly string[]>;

export type FunctionName = keyof typeof wiring;
export type Wire<F extends FunctionName> = (typeof wiring)[F][number];

/** The value of WORKER_LOGS: queue → the log group of its worker, and how long Lambda lets that run, as JSON. */
export type WorkerLogs = Record<string, { group: string; timeoutMs: number }>;

/**
 * The value of LANES, as JSON: the URL of one of these SQS queues, which differ in nothing but their names, and queue →
 * lane → name. All their URLs would fill a function's 4 KB of environment twice as fast.
 */
export interface LaneNames {
  url: string;
  names: Record<string, Record<string, string>>;
}

import type { OperationProgress } from '../../core/operation.ts';

/** How far an operation was when it was last stored. */
export interface Checkpoint {
  /** Rises by one with every save. */
  revision: number;
  /** A random value of the attempt that stored it. */
  by: string;
  progress: OperationProgress;
}

/** The port to what operations store of their progress. */
export interface Checkpoints {
  load(jobId: string): Promise<Checkpoint | undefined>;
  /** Only over the revision before it (none before 1); false: another attempt has saved meanwhile. */
  save(jobId: string, checkpoint: Checkpoint): Promise<boolean>;
}

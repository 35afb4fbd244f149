/** The emulators that TaskQ can start by itself, and what differs from one to the other. */
import { localstack } from './localstack.ts';
import { ministack } from './ministack.ts';
import type { Write } from './report.ts';
import type { EmulatorName, EmulatorRecord, StatePaths } from './state.ts';

export interface Emulator {
  /** As people write it. */
  title: string;
  /** The path of its health document. */
  health: string;
  /** What its log says once it listens on its port. */
  announcement(record: EmulatorRecord): string;
  /** What its log says when someone else listens there. */
  portTaken: string;
  /** Where `install` puts it. */
  installation(paths: StatePaths): string;
  /** The path of a Python with it inside; made at the first call, then found. */
  install(paths: StatePaths, write: Write): Promise<string>;
  /** All that it sees of this machine. */
  environment(record: EmulatorRecord): Record<string, string>;
}

const emulators: Record<EmulatorName, Emulator> = { ministack, localstack };

/** The emulator of a record, or of one that is to be. */
export function emulatorOf({ name = 'ministack' }: Pick<EmulatorRecord, 'name'>): Emulator {
  return emulators[name];
}

import { dependenciesOf } from '../../core/dependencies.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Written } from './table.ts';
import type { Expect, Watched } from './watched.ts';

/** Looks at what becomes of jobs that wait for others, by all the ends that those have ever had. */
export function watchWaiting(of: (jobId: string) => Watched, expect: Expect) {
  return {
    written({ before, after }: Written): void {
      if (isFinal(after.status)) of(after.sk).ends.add(after.status);
      const waited = before === undefined || before.status === 'waiting_dependencies';
      if (!waited || after.dependencies === undefined || after.status === 'waiting_dependencies') return;
      if (after.status === 'cancelled') return;
      const early = dependenciesOf(after).find(({ id, onFailure }) =>
        onFailure === 'cancel' ? !of(id).ends.has('completed') : of(id).ends.size === 0,
      );
      expect(
        early === undefined,
        'a job waits for what it names',
        () => `${after.sk} is ${after.status}, and ${early?.id} has not ended as it must`,
      );
    },
    /** Was it cancelled because of a job that did not end well, and that must. */
    isMissed({ lastError, dependencies }: JobRecord): boolean {
      const because = dependenciesOf({ dependencies }).find(({ id }) => id === lastError?.dependency);
      if (because?.onFailure !== 'cancel') return false;
      const { ends } = of(because.id);
      return ends.has('failed') || ends.has('cancelled');
    },
  };
}

import { PermanentError } from '../../../core/errors.ts';
import { isFinal } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { look, tellWaiting } from '../../../functions/look.ts';
import { release } from '../../../functions/release/release.ts';
import { patienceOfCallersMs, tellingStore } from '../../../functions/tell.ts';
import { enqueuer, manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

const lanes = ['critical', 'high', 'normal', 'low', 'quarantine'];

/** What a job of a test does. */
interface Does {
  fails?: boolean;
  takesMs?: number;
}

/** Jobs that wait for others, through enqueue, worker, manage and release on in-memory ports, each as it is wired on AWS. */
export function aWaitingWorld() {
  const world = aWorld();
  const { clock, faults, store } = world;
  const ports = { store, now: clock.now };
  const tell = tellWaiting({ ...ports, lanes: world.lanes });
  const telling = (patienceMs?: number) =>
    ({ ...world, store: tellingStore(store, tell, () => {}, clock.after, patienceMs) }) as typeof world;
  /** Jobs in the order in which their handlers began. */
  const begun: string[] = [];
  const handler = async ({ fails = false, takesMs = 0 }: Does, { id }: { id: string }) => {
    begun.push(id);
    if (takesMs > 0) await clock.sleep(takesMs);
    if (fails) throw new PermanentError('it fails', 'rejected');
    return 'a result';
  };
  const { invoke } = worker(telling(), handler as never, { look: look(ports) });
  const { post } = enqueuer(world);
  const { call } = manager(telling(patienceOfCallersMs));
  const releaser = release({ ...world, now: clock.now, onError: () => {} });

  const enqueue = async (does: Does, body: object = {}, key?: string) =>
    told(
      await post({ type: 'echo', payload: does, ...body }, key === undefined ? {} : { idempotencyKey: key }),
    );
  /** The id of a new job. */
  const job = async (does: Does = {}, body: object = {}): Promise<string> =>
    String((await enqueue(does, body)).body.id);
  const record = (id: string): JobRecord => {
    const found = store.peek(id);
    if (found === undefined) throw new Error(`there is no job ${id}`);
    return found;
  };
  const statuses = (...ids: string[]) => ids.map((id) => record(id).status);
  /** Every lane once: what can be seen is worked on. Of a process that dies its messages come back. */
  const work = async (): Promise<void> => {
    for (const lane of lanes) {
      const over = invoke(lane).catch(() => {});
      await clock.advance(0);
      await over;
    }
  };
  const nextSeconds = () =>
    Math.min(60, ...lanes.flatMap((lane) => world.lanes.waiting(lane).map((each) => each.inSeconds)));

  return {
    world,
    enqueue,
    job,
    record,
    statuses,
    begun,
    invoke,
    work,
    manage: async (route: 'cancelJob' | 'retryJob' | 'getJob', id: string) => told(await call(route, { id })),
    /** Works, and releases every minute, for so long, or until every job has ended. */
    async run(seconds: number): Promise<void> {
      const until = clock.now() + seconds * 1000;
      let released = clock.now();
      while (clock.now() < until && store.all().some(({ status }) => status !== 'void' && !isFinal(status))) {
        await work();
        faults.restart();
        if (clock.now() - released >= 60_000) {
          released = clock.now();
          await releaser(() => 60_000, {}).catch(() => {});
          faults.restart();
        }
        await clock.advance(Math.max(nextSeconds(), 1) * 1000);
      }
    },
  };
}

export type WaitingWorld = ReturnType<typeof aWaitingWorld>;

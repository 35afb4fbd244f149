import { beforeAll, expect, it } from 'vitest';
import type { Lane } from '../../core/lane.ts';
import { decodePointer } from '../../core/pointer.ts';
import type { Delivery, LaneDepth, Lanes } from '../../functions/lanes.ts';
import { aJobId } from '../support/a-job.ts';
import type { SqsMessage } from '../support/sqs-model.ts';

/** Lanes of queue `default`, and the other end of them, which the port leaves to Lambda. */
export interface LanesUnderTest {
  lanes: Lanes;
  depth: LaneDepth;
  urlOf(lane: Lane): string;
  /** Up to 10 messages that can be seen; waits so long for the first. `dead` is the dead-letter queue. */
  receive(lane: Lane | 'dead', waitSeconds?: number): Promise<SqsMessage[]>;
  acknowledge(lane: Lane, seen: SqsMessage): Promise<void>;
}

/** Visibility of each lane in the suite, seconds: long where a test hides, short where it waits. */
export const laneSeconds: Record<Lane, number> = {
  critical: 1,
  high: 30,
  normal: 30,
  low: 30,
  quarantine: 30,
};
/** Receives before a message is dead. */
export const receives = 2;

/**
 * What lanes do, the in-memory ones and SQS alike. Each test has a lane to itself, or leaves it empty.
 */
export function describeLanes(open: () => Promise<LanesUnderTest>): void {
  let on: LanesUnderTest;
  beforeAll(async () => {
    on = await open();
  });

  const pointer = (lane: Lane, fields: Partial<Delivery> = {}): Delivery => ({
    queue: 'default',
    lane,
    pointer: { tenant: 'acme', jobId: aJobId() },
    delaySeconds: 0,
    ...fields,
  });
  const jobOf = (seen: SqsMessage | undefined) => decodePointer(seen?.body ?? '')?.jobId;
  const hide = (lane: Lane, seconds: number, ...seen: SqsMessage[]) =>
    on.lanes.hide(seen.map(({ receiptHandle }) => ({ queueUrl: on.urlOf(lane), receiptHandle, seconds })));

  it('know how many can be received: what is delayed or in a worker’s hands is not', async () => {
    expect(await on.depth('default', 'high')).toBe(0);
    await on.lanes.deliver([pointer('high'), pointer('high'), pointer('high', { delaySeconds: 600 })]);
    expect(await on.depth('default', 'high')).toBe(2);
    const seen = await on.receive('high');
    expect(seen).toHaveLength(2);
    expect(await on.depth('default', 'high')).toBe(0);
    for (const each of seen) await on.acknowledge('high', each);
  });

  it('take 25 pointers, each once, with its tenant as the group', async () => {
    const deliveries = Array.from({ length: 25 }, () => pointer('low'));
    expect(await on.lanes.deliver(deliveries)).toEqual(deliveries.map(() => true));
    const seen: SqsMessage[] = [];
    for (let page = await on.receive('low'); page.length > 0; page = await on.receive('low')) {
      expect(page.length).toBeLessThanOrEqual(10);
      seen.push(...page);
      for (const each of page) await on.acknowledge('low', each);
    }
    expect(seen.map(jobOf).sort()).toEqual(deliveries.map((each) => each.pointer.jobId).sort());
    expect(new Set(seen.map((each) => each.group))).toEqual(new Set(['acme']));
    expect(seen.map((each) => each.receiveCount)).toEqual(seen.map(() => 1));
  });

  it('take nothing at no cost', async () => {
    expect(await on.lanes.deliver([])).toEqual([]);
  });

  it('keep lanes apart within one delivery', async () => {
    const [a, b, c] = [pointer('high'), pointer('quarantine'), pointer('high')];
    expect(await on.lanes.deliver([a, b, c])).toEqual([true, true, true]);
    const high = await on.receive('high');
    const quarantine = await on.receive('quarantine');
    expect(high.map(jobOf).sort()).toEqual([a.pointer.jobId, c.pointer.jobId].sort());
    expect(quarantine.map(jobOf)).toEqual([b.pointer.jobId]);
    for (const each of high) await on.acknowledge('high', each);
    for (const each of quarantine) await on.acknowledge('quarantine', each);
  });

  it('take nothing for a queue that is not deployed, and the pointers beside it all the same', async () => {
    const [astray, sent] = [pointer('normal', { queue: 'nowhere' }), pointer('normal')];
    expect(await on.lanes.deliver([astray, sent])).toEqual([false, true]);
    const [seen] = await on.receive('normal');
    expect(jobOf(seen)).toBe(sent.pointer.jobId);
    await on.acknowledge('normal', seen!);
  });

  it('show a delayed pointer after its time, and the others at once', async () => {
    const [later, now] = [pointer('normal', { delaySeconds: 3 }), pointer('normal')];
    await on.lanes.deliver([later, now]);
    const first = await on.receive('normal');
    expect(first.map(jobOf)).toEqual([now.pointer.jobId]);
    const second = await on.receive('normal', 9);
    expect(second.map(jobOf)).toEqual([later.pointer.jobId]);
    for (const each of [...first, ...second]) await on.acknowledge('normal', each);
  });

  it('show a message to one receiver at a time', async () => {
    await on.lanes.deliver([pointer('high')]);
    const [first] = await on.receive('high');
    expect(await on.receive('high')).toEqual([]);
    await on.acknowledge('high', first!);
  });

  it('show a message again when its visibility is over: the same one, received once more', async () => {
    await on.lanes.deliver([pointer('critical')]);
    const [first] = await on.receive('critical');
    const [again] = await on.receive('critical', 5);
    expect(again).toMatchObject({
      messageId: first?.messageId,
      body: first?.body,
      sentAt: first?.sentAt,
      receiveCount: 2,
    });
    await on.acknowledge('critical', again!);
    expect(await on.receive('critical', 2)).toEqual([]);
  });

  it('hide 12 messages for as long as asked, and not for as long as the lane would', async () => {
    await on.lanes.deliver(Array.from({ length: 12 }, () => pointer('high')));
    const seen = [...(await on.receive('high')), ...(await on.receive('high'))];
    expect(seen).toHaveLength(12);
    await hide('high', 1, ...seen);
    const again = [...(await on.receive('high', 5)), ...(await on.receive('high', 5))];
    expect(again.map(jobOf).sort()).toEqual(seen.map(jobOf).sort());
    for (const each of again) await on.acknowledge('high', each);
  });

  it('hide a message for longer than its lane would', async () => {
    await on.lanes.deliver([pointer('critical')]);
    const [seen] = await on.receive('critical');
    await hide('critical', 20, seen!);
    expect(await on.receive('critical', 2)).toEqual([]);
    await on.acknowledge('critical', seen!);
  });

  it('hide what they can when another message is gone', async () => {
    await on.lanes.deliver([pointer('quarantine'), pointer('quarantine')]);
    const [gone, stays] = await on.receive('quarantine');
    await on.acknowledge('quarantine', gone!);
    await hide('quarantine', 0, gone!, stays!);
    const again = await on.receive('quarantine', 5);
    expect(again.map((each) => each.messageId)).toEqual([stays?.messageId]);
    await on.acknowledge('quarantine', again[0]!);
  });

  it('give a message that was received too often to the dead-letter queue, as it was sent', async () => {
    const sent = pointer('normal');
    await on.lanes.deliver([sent]);
    const [first] = await on.receive('normal');
    await hide('normal', 0, first!);
    const [second] = await on.receive('normal', 5);
    expect(second?.receiveCount).toBe(2);
    await hide('normal', 0, second!);
    expect(await on.receive('normal', 1)).toEqual([]);
    const [dead] = await on.receive('dead', 5);
    expect(dead).toMatchObject({ messageId: first?.messageId, sentAt: first?.sentAt, group: 'acme' });
    expect(jobOf(dead)).toBe(sent.pointer.jobId);
  });
}

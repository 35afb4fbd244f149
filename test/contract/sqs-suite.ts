import { beforeAll, expect, it } from 'vitest';
import type { SqsEntry, SqsMessage } from '../support/sqs-model.ts';

/** The calls of SQS that TaskQ and Lambda's mapping make, on a queue of 30 s visibility that never gives a message up. */
export interface SqsUnderTest {
  /** How many of the entries were accepted; rejects with SQS's error code as its name. */
  send(entries: readonly SqsEntry[]): Promise<number>;
  receive(): Promise<SqsMessage[]>;
  remove(receiptHandle: string): Promise<void>;
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
  /** What a delete with the handle of an earlier receive does: AWS says yes and deletes nothing, the emulator says no. */
  oldHandle: 'ignored' | 'refused';
}

const mib = 1_048_576;
const text = (bytes: number) => 'x'.repeat(bytes);

/** SQS in memory and SQS as the emulator has it. What only AWS does is in memory-sqs.test.ts. */
export function describeSqs(open: () => Promise<SqsUnderTest>): void {
  let sqs: SqsUnderTest;
  beforeAll(async () => {
    sqs = await open();
  });
  const removeAll = async () => {
    for (let page = await sqs.receive(); page.length > 0; page = await sqs.receive())
      for (const each of page) await sqs.remove(each.receiptHandle);
  };

  it.each([
    ['none', [], 'EmptyBatchRequest'],
    ['11', Array.from({ length: 11 }, () => ({ body: 'x' })), 'TooManyEntriesInBatchRequest'],
    ['more than 1 MiB in all', [{ body: text(mib - 10) }, { body: text(11) }], 'BatchRequestTooLong'],
  ])('refuse a batch of %s, and take nothing of it', async (_what, entries, code) => {
    await expect(sqs.send(entries)).rejects.toMatchObject({ name: expect.stringContaining(code) });
    expect(await sqs.receive()).toEqual([]);
  });

  it('take 10 that are 1 MiB in all', async () => {
    const entries = Array.from({ length: 10 }, (_, index) => ({
      body: text(index === 0 ? 104_860 : 104_857),
    }));
    expect(entries.reduce((sum, { body }) => sum + body.length, 0)).toBe(1_048_573);
    expect(await sqs.send(entries)).toBe(10);
    await removeAll();
  });

  it('count receives, keep the time of the first, and give every receive a handle of its own', async () => {
    await sqs.send([{ body: 'seen twice', group: 'acme' }]);
    const [first] = await sqs.receive();
    await sqs.changeVisibility(first?.receiptHandle ?? '', 0);
    const [second] = await sqs.receive();
    expect(first).toMatchObject({ body: 'seen twice', group: 'acme', receiveCount: 1 });
    expect(second).toEqual({ ...first, receiveCount: 2, receiptHandle: second?.receiptHandle });
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle);
    await sqs.remove(second?.receiptHandle ?? '');
    expect(await sqs.receive()).toEqual([]);
  });

  it('delete nothing by the handle of an earlier receive (AWS: with a yes; the emulator: with a no)', async () => {
    await sqs.send([{ body: 'seen twice' }]);
    const [first] = await sqs.receive();
    await sqs.changeVisibility(first?.receiptHandle ?? '', 0);
    const [second] = await sqs.receive();
    const old = sqs.remove(first?.receiptHandle ?? '');
    if (sqs.oldHandle === 'ignored') await expect(old).resolves.toBeUndefined();
    else await expect(old).rejects.toMatchObject({ name: expect.stringContaining('ReceiptHandleIsInvalid') });
    await sqs.changeVisibility(second?.receiptHandle ?? '', 0);
    const [third] = await sqs.receive();
    expect(third?.messageId).toBe(first?.messageId);
    await sqs.remove(third?.receiptHandle ?? '');
  });

  it('refuse a handle that is none', async () => {
    await expect(sqs.remove('no handle')).rejects.toMatchObject({
      name: expect.stringContaining('ReceiptHandleIsInvalid'),
    });
  });
}

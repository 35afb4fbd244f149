/** Runs `run` on every item, `atOnce` at a time; the answers stand in the order of the items. The first error ends it. */
export async function concurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await run(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}

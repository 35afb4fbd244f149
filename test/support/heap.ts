/** A binary heap in an array: the entry that comes before all others stands at index 0. */
export type Before<T> = (a: T, b: T) => boolean;

export function pushHeap<T>(heap: T[], entry: T, before: Before<T>): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, heap[parent] as T)) break;
    heap[index] = heap[parent] as T;
    index = parent;
  }
  heap[index] = entry;
}

/** Takes the first entry away; the heap must not be empty. */
export function popHeap<T>(heap: T[], before: Before<T>): T {
  const first = heap[0] as T;
  const last = heap.pop() as T;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as T, heap[child] as T)) child++;
    if (!before(heap[child] as T, last)) break;
    heap[index] = heap[child] as T;
    index = child;
  }
  heap[index] = last;
  return first;
}

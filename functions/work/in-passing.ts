/** How long a settle waits for what only explains it. Longer, and the lease might end first. */
const patienceMs = 2_000;

/**
 * A step beside the settle: what it brings, or undefined when it fails or takes too long. The settle matters more:
 * without it the job would wait for the end of a lost lease, and run again.
 * @param after calls back after so many ms, unless cancelled by the function it returns
 */
export async function inPassing<T>(
  step: Promise<T>,
  after: (ms: number, callback: () => void) => () => void,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = after(patienceMs, () => {
      onError(new Error(`it took longer than ${patienceMs} ms`));
      resolve(undefined);
    });
  });
  const brought = step.catch((error: unknown) => void onError(error)) as Promise<T | undefined>;
  try {
    return await Promise.race([brought, late]);
  } finally {
    cancel();
  }
}

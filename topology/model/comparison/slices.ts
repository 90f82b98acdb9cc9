/** Work in slices: yields now and then, so that whoever runs it may do something else in between. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** Rows handled between two turns: well below a millisecond. */
const ROWS_A_SLICE = 256;

export function* inSlices<T>(items: Iterable<T>, handle: (item: T) => void): Sliced<void> {
  let count = 0;
  for (const item of items) {
    handle(item);
    count++;
    if (count % ROWS_A_SLICE === 0) yield;
  }
}

/** All of it at once. */
export function runWhole<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** With a turn of the event loop whenever `isTime` says so. */
export async function runSliced<T>(
  work: Sliced<T>,
  { isTime, turn }: { readonly isTime: () => boolean; readonly turn: () => Promise<void> },
): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (isTime()) await turn();
  }
}

import { expect, test } from "vitest";
import { openWhenReachable } from "../../../cli/up/open-when-reachable.ts";
import { OperatorError } from "../../../core/errors.ts";
import { silentLog } from "../../../core/log.ts";

const failure = (code: string) => new OperatorError({ code, message: "away", hint: "wait", status: 503 });

function patience(signal = new AbortController().signal) {
  const waits: number[] = [];
  const told: number[] = [];
  const wait = async (ms: number) => {
    if (waits.push(ms) > 20) throw new Error("waits for ever");
  };
  const onFailure = (attempts: number) => void told.push(attempts);
  return { waits, told, options: { what: "the store", log: silentLog, signal, onFailure, wait } };
}

/** Fails so many times before it opens. */
function opening(failures: number, error: Error) {
  let calls = 0;
  return async () => {
    if (calls++ < failures) throw error;
    return "opened";
  };
}

test("what cannot be reached yet is tried again, ever less often, ten seconds apart in the end", async () => {
  const { waits, told, options } = patience();
  expect(await openWhenReachable(opening(8, failure("store.unavailable")), options)).toBe("opened");
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test.each([failure("store.locked"), failure("store.unreadable"), new TypeError("a bug")])(
  "%s ends it",
  async (error) => {
    const { waits, options } = patience();
    await expect(openWhenReachable(opening(1, error), options)).rejects.toBe(error);
    expect(waits).toEqual([]);
  },
);

test("nothing is tried again once the lifetime is over", async () => {
  const ending = new AbortController();
  const { waits, options } = patience(ending.signal);
  const open = async () => {
    ending.abort();
    throw failure("store.unavailable");
  };
  await expect(openWhenReachable(open, options)).rejects.toMatchObject({ code: "store.unavailable" });
  expect(waits).toEqual([]);
});

test("the end of the lifetime ends a wait", async () => {
  const ending = new AbortController();
  const { options } = patience(ending.signal);
  const onFailure = () => ending.abort();
  const opened = openWhenReachable(opening(1, failure("store.unavailable")), {
    ...options,
    wait: undefined,
    onFailure,
  });
  await expect(opened).rejects.toMatchObject({ name: "AbortError" });
});

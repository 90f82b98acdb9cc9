import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Lane, type LaneSession } from "../../store/postgres/lane.ts";

class FakeSession implements LaneSession {
  isBroken = false;
  isClosed = false;
  destroy(): void {
    this.isBroken = true;
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const SIZE = 2;
const WAITING = 64;
const noBegin = async () => undefined;

let opened: FakeSession[];
let lane: Lane<FakeSession>;

beforeEach(() => {
  opened = [];
  const open = async () => {
    const session = new FakeSession();
    opened.push(session);
    return session;
  };
  lane = new Lane({ size: SIZE, place: "database", open });
});

/** Work that ends when told to. */
function held(on: Lane<FakeSession>) {
  const end = Promise.withResolvers<void>();
  return { end: end.resolve, done: on.use(noBegin, () => end.promise) };
}

test("connections are opened when needed, used again, and never more than the lane has", async () => {
  await lane.use(noBegin, noBegin);
  await lane.use(noBegin, noBegin);
  expect(opened).toHaveLength(1);
  const works = Array.from({ length: 5 }, () => held(lane));
  for (const { end } of works) end();
  await Promise.all(works.map(({ done }) => done));
  expect(opened).toHaveLength(SIZE);
});

test("who fails gives the connection back; one that broke is replaced", async () => {
  const failing = lane.use(noBegin, async () => {
    throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  await lane.use(noBegin, async (session) => expect(session).toBe(opened[0]));
  await lane.use(noBegin, async (session) => session.destroy());
  await lane.use(noBegin, async (session) => expect(session).toBe(opened[1]));
});

describe("a connection that broke while it was idle", () => {
  const breaking = async (session: FakeSession) => {
    if (session === opened[0]) {
      session.destroy();
      throw new Error("broken pipe");
    }
  };

  test("is replaced, and the work runs once", async () => {
    await lane.use(noBegin, noBegin);
    const work = vi.fn(noBegin);
    await lane.use(breaking, work);
    expect(work).toHaveBeenCalledExactlyOnceWith(opened[1]);
  });

  test("a new one that breaks at once is not tried again", async () => {
    await expect(lane.use(breaking, noBegin)).rejects.toThrow("broken pipe");
    expect(opened).toHaveLength(1);
  });
});

test("past its bound callers are refused at once, and those before them are served in turn", async () => {
  const busy = Array.from({ length: SIZE }, () => held(lane));
  const served: number[] = [];
  const waiting = Array.from({ length: WAITING }, (_, i) => lane.use(noBegin, async () => served.push(i)));
  await expect(lane.use(noBegin, noBegin)).rejects.toMatchObject({ code: "store.busy", status: 503 });
  for (const { end } of busy) end();
  await Promise.all(waiting);
  expect(served).toEqual([...Array(WAITING).keys()]);
});

describe("with time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("who has waited too long is refused, and the lane goes on", async () => {
    const busy = Array.from({ length: SIZE }, () => held(lane));
    const late = expect(lane.use(noBegin, noBegin)).rejects.toMatchObject({ code: "store.busy" });
    await vi.advanceTimersByTimeAsync(60_000);
    await late;
    for (const { end } of busy) end();
    await lane.use(noBegin, noBegin);
    expect(opened).toHaveLength(SIZE);
  });

  test("closing waits for work under way, but not for ever", async () => {
    const endless = held(lane);
    await vi.advanceTimersByTimeAsync(0);
    let isClosed = false;
    const closing = lane.close().then(() => (isClosed = true));
    await expect(lane.use(noBegin, noBegin)).rejects.toMatchObject({ code: "store.unavailable" });
    await vi.advanceTimersByTimeAsync(29_000);
    expect([isClosed, opened[0]?.isBroken]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened[0]?.isBroken).toBe(true);
    endless.end();
    await closing;
  });
});

test("closing closes what is idle", async () => {
  await lane.use(noBegin, noBegin);
  await lane.close();
  expect(opened[0]?.isClosed).toBe(true);
});

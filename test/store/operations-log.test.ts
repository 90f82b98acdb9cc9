import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import type { Operation } from "../../store/operation.ts";
import { OPERATIONS_LIMITS, OperationsLog } from "../../store/operations-log.ts";
import type { StateStore, StateWrite } from "../../store/state-store.ts";
import { recordedLog } from "../agent/recorded-log.ts";
import { temporaryFolder } from "../integration/fixtures/nephoscope.ts";

const START = Date.UTC(2026, 0, 31);
let folder: ReturnType<typeof temporaryFolder>;
let store: StateStore;
let now: number;
let spans: number;

beforeEach(() => {
  folder = temporaryFolder();
  store = openEmbeddedState(join(folder.path, "state.sqlite"));
  now = START;
  spans = 0;
});
afterEach(() => {
  store.close();
  folder.remove();
});

const clock = { now: () => epochMsOf(now), monotonicMs: () => now };
const begun = (who = "otto", what = "snapshot.create") => ({
  who,
  role: "operator",
  from: "10.0.0.1",
  what,
  trace: { traceId: "t".repeat(32), spanId: String(++spans).padStart(16, "0") },
});
const open = (onWritten: (operation: Operation) => void = () => {}) =>
  new OperationsLog(store, { clock, log: silentLog, onWritten });
/** Many operations with one wait for the disk. */
function manyOperations(make: (log: OperationsLog) => void): void {
  const writes: StateWrite[] = [];
  const gathering = withCommit((more) => void writes.push(...more));
  make(new OperationsLog(gathering, { clock, log: silentLog }));
  store.commit(writes);
}
const withCommit = (commit: StateStore["commit"]): StateStore => ({
  get: (collection, key) => store.get(collection, key),
  all: (collection) => store.all(collection),
  page: (collection, range) => store.page(collection, range),
  size: (collection) => store.size(collection),
  close: () => {},
  commit,
});
const done = (log: OperationsLog, who?: string, what?: string) => {
  log.end(log.begin(begun(who, what)), { outcome: "done", status: 200 });
  now += 1_000;
};

test("what was begun is durable before it is done, and what became of it is added", async () => {
  const told: string[] = [];
  const log = open(({ outcome }) => told.push(outcome));
  const id = log.begin(begun());
  expect(await open().page({ limit: 10 })).toMatchObject({ operations: [{ id, who: "otto", outcome: "begun" }] });
  now += 25;
  log.end(id, { outcome: "refused", status: 409, code: "snapshot.exists", element: "snapshot x", after: "y" });
  log.end(id, { outcome: "done", status: 200 });
  expect((await open().page({ limit: 10 })).operations).toEqual([
    {
      id,
      at: START,
      who: "otto",
      role: "operator",
      from: "10.0.0.1",
      what: "snapshot.create",
      traceId: "t".repeat(32),
      outcome: "refused",
      status: 409,
      code: "snapshot.exists",
      element: "snapshot x",
      after: "y",
      durationMs: 25,
    },
  ]);
  expect(told).toEqual(["begun", "refused"]);
});

test("pages go from the newest to the oldest without gap or repeat, whatever is asked for", async () => {
  manyOperations((all) => {
    for (let n = 0; n < 500; n++)
      done(all, n % 5 === 0 ? "ada" : "otto", n % 2 === 0 ? "snapshot.create" : "element.declare");
  });
  const log = open();
  const all: Operation[] = [];
  for (let after: string | undefined; ; ) {
    const page = await log.page({ limit: 7, after, what: "snapshot", who: "ada" });
    all.push(...page.operations);
    after = page.next;
    if (after === undefined) break;
  }
  expect(all.length).toBe(50);
  expect(all.map(({ at }) => at)).toEqual(Array.from({ length: 50 }, (_, i) => START + 490_000 - i * 10_000));
  const from = epochMsOf(START + 100_000);
  const to = epochMsOf(START + 104_000);
  const within = await log.page({ limit: 100, from, to });
  expect(within.operations.map(({ at }) => at - START)).toEqual([104_000, 103_000, 102_000, 101_000, 100_000]);
  expect(within.next).toBeUndefined();
});

test("the oldest go when there are too many or they are too old", async () => {
  manyOperations((log) => {
    for (let n = 0; n < 450; n++) done(log);
  });
  const log = open();
  const dayMs = 86_400_000;
  now = START + OPERATIONS_LIMITS.days * dayMs + 100_500;
  await log.tidy();
  expect(store.size("operations")).toBe(450 - 101);
});

test("before and after are short and without secrets", async () => {
  const log = open();
  const id = log.begin(begun());
  log.end(id, { outcome: "done", status: 200, before: "x".repeat(5_000), after: '{"password":"planted"}' });
  const [operation] = (await log.page({ limit: 1 })).operations;
  expect(operation?.before?.length).toBe(OPERATIONS_LIMITS.textChars);
  expect(operation?.after).not.toContain("planted");
});

test("what cannot be written down is not begun; an end that cannot be is said, and the entry stays begun", async () => {
  const full = { isFull: false };
  const narrow = withCommit((writes) => {
    if (full.isFull) throw new OperatorError({ code: "store.full", message: "no space", hint: "free some" });
    store.commit(writes);
  });
  const { log: told, entries } = recordedLog();
  const log = new OperationsLog(narrow, { clock, log: told });
  const id = log.begin(begun());
  full.isFull = true;
  expect(() => log.begin(begun())).toThrow("no space");
  log.end(id, { outcome: "done", status: 200 });
  expect(entries).toMatchObject([{ event: "operation not ended" }]);
  expect((await log.page({ limit: 9 })).operations).toMatchObject([{ id, outcome: "begun" }]);
});

import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChangedKind } from "../../../collector/openstack/notifications/hint.ts";
import { runRegion, slowly } from "./looped-region.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

const IDS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;
const KINDS = {
  "/servers/detail": "server",
  "/ports": "port",
  "/networks": "network",
  "/floatingips": "floating-ip",
} as const;
const PATHS = Object.keys(KINDS) as readonly (keyof typeof KINDS)[];
/** A timer takes no longer one than 24 days. */
const NEVER = 2e9;
const LAST_CHANGE_MS = 20_000;
const LATEST_HINT_MS = 5_000;

interface Act {
  readonly atMs: number;
  readonly path: keyof typeof KINDS;
  readonly id: string;
  /** `status` is what an agent reports of a port: its machine alone is notified of. */
  readonly kind: "put" | "drop" | "status";
  readonly salt: number;
  /** After how long it is told, as often as it is told. None: the hint is lost. */
  readonly hintsAfterMs: readonly number[];
  readonly isNameless: boolean;
}

const acts = (fewest: number): fc.Arbitrary<readonly Act[]> =>
  fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: LAST_CHANGE_MS }),
      path: fc.constantFrom(...PATHS),
      id: fc.constantFrom(...IDS),
      kind: fc.constantFrom("put" as const, "put" as const, "drop" as const, "status" as const),
      salt: fc.nat(3),
      hintsAfterMs: fc.array(fc.integer({ min: 0, max: LATEST_HINT_MS }), { minLength: fewest, maxLength: 3 }),
      isNameless: fc.boolean().map((it) => it && fewest > 0),
    }),
    { maxLength: 25 },
  );

let revision = 0;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is told of it. */
function perform(api: StubApi, { path, id, kind, salt }: Act): readonly [kind: ChangedKind, id: string] {
  api.nowMs = Date.now();
  const known = api.rows(path).get(id);
  if (kind === "status" && path === "/ports" && known !== undefined) {
    api.put(path, { ...known, status: `S${salt}`, revision_number: ++revision });
    return ["server", String(known.device_id)];
  }
  if (kind === "drop") api.drop(path, id);
  else {
    if (path === "/servers/detail") api.deleted.delete(id);
    const port = { device_id: IDS[salt], device_owner: "compute:nova", network_id: "a", mac_address: `m${salt}` };
    const own = path === "/ports" ? port : {};
    api.put(path, { id, name: `n${salt}`, status: "ACTIVE", revision_number: ++revision, ...own });
  }
  return [KINDS[path], id];
}

interface Course {
  readonly acts: readonly Act[];
  readonly beat: { readonly fullEveryMs: number; readonly pollEveryMs: number };
  readonly slowMs: number;
  readonly pageSize: number;
  readonly extensions: readonly string[];
  /** Of so many questions one fails; 0: none. */
  readonly failsEach: number;
  readonly hidesById: boolean;
}

async function run(course: Course) {
  const api = new StubApi();
  api.pageSize = course.pageSize;
  api.hidesById = course.hidesById;
  api.extensions.clear();
  for (const alias of course.extensions) api.extensions.add(alias);
  for (const id of IDS.slice(0, 5)) for (const path of PATHS) perform(api, first(path, id));
  let asked = 0;
  let isTroubled = false;
  const slow = slowly(api, {
    delayMs: () => course.slowMs * ((asked * 7) % 5),
    fails: () => ++asked % course.failsEach === 0 && isTroubled,
  });
  const looped = await runRegion(api, slow, course.beat);
  // Everything is read before the first change: before that there is nothing a hint could say.
  const isRead = () => looped.services.every(({ loop }) => loop.health.fullAt !== undefined);
  while (!isRead()) await vi.advanceTimersByTimeAsync(1_000);
  isTroubled = true;
  for (const act of course.acts) {
    setTimeout(() => {
      const [kind, id] = perform(api, act);
      for (const afterMs of act.hintsAfterMs) {
        setTimeout(() => looped.hint(kind, act.isNameless && kind !== "server" ? undefined : id), afterMs);
      }
    }, act.atMs);
  }
  await vi.advanceTimersByTimeAsync(LAST_CHANGE_MS + LATEST_HINT_MS);
  isTroubled = false;
  return { api, looped };
}

const first = (path: Act["path"], id: string): Act => ({
  ...{ atMs: 0, path, id, kind: "put", salt: 0, hintsAfterMs: [], isNameless: false },
});

/** What is under way comes to its end. */
async function stop(looped: Awaited<ReturnType<typeof runRegion>>): Promise<void> {
  const stopped = looped.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
}

async function truth(api: StubApi) {
  const region = await openRegion(api);
  await region.nova.full(region.round);
  await region.neutron.full(region.round);
  const known = knowledgeOf(region);
  await region.end();
  return known;
}

/** The topology, and what is counted. */
function knowledgeOf({ known, compute, network }: Awaited<ReturnType<typeof openRegion>>) {
  const servers = Object.fromEntries([...compute.servers].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { known: known(), servers, ports: [...network.ports.keys()].toSorted() };
}

const course = (fewestHints: number) =>
  fc.record({
    acts: acts(fewestHints),
    slowMs: fc.constantFrom(0, 10, 60),
    pageSize: fc.integer({ min: 1, max: 4 }),
    extensions: fc.constantFrom(["standard-attr-timestamp", "standard-attr-revisions"], ["timestamp"], ["revisions"]),
    hidesById: fc.boolean(),
  });

test("hints late, twice and out of order, none lost: what is known is what the API tells, soon after the last", async () => {
  await fc.assert(
    fc.asyncProperty(course(1), fc.constantFrom(LAST_CHANGE_MS - 2_000, NEVER), async (drawn, fullEveryMs) => {
      const beat = { fullEveryMs, pollEveryMs: NEVER };
      const { api, looped } = await run({ ...drawn, beat, failsEach: 0 });
      // A page whose marker went fails a look as it fails a round; then the pause comes first.
      const isWell = () => looped.services.every(({ loop }) => loop.health.state === "ok");
      for (let second = 0; second < 600 && !isWell(); second++) await vi.advanceTimersByTimeAsync(1_000);
      // Who asks for a whole kind waits five seconds between two looks.
      await vi.advanceTimersByTimeAsync(8_000);
      expect(knowledgeOf(looped.region)).toEqual(await truth(api));
      await stop(looped);
    }),
    { numRuns: 60 },
  );
});

test("hints lost as well, and questions that fail: what is known is what the API tells after the next whole reading", async () => {
  await fc.assert(
    fc.asyncProperty(course(0), fc.constantFrom(0, 3, 7), async (drawn, failsEach) => {
      const beat = { fullEveryMs: 9_000, pollEveryMs: 3_000 };
      const { api, looped } = await run({ ...drawn, beat, failsEach });
      const overAt = Date.now();
      const isRead = () => looped.services.every(({ loop: { health } }) => (health.fullAt ?? 0) > overAt);
      for (let second = 0; second < 900 && !isRead(); second++) await vi.advanceTimersByTimeAsync(1_000);
      expect(knowledgeOf(looped.region)).toEqual(await truth(api));
      await stop(looped);
    }),
    { numRuns: 60 },
  );
});

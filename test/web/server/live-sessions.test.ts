import { expect, test } from "vitest";
import type { LiveUse } from "../../../web/server/live-session.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { siteOfEachTest } from "../../fixtures/site-of-each-test.ts";
import { livePage } from "../../fixtures/topology-site.ts";

const { site, start } = siteOfEachTest();
const LIMIT_MS = 20_000;

async function follow(uses: LiveUse[]) {
  await start({
    identify: () => ({ kind: "person", name: "ann", role: "viewer" }),
    onLiveUse: (use) => uses.push(use),
  });
  const socket = livePage(site().url);
  const subscribe = (scope: object): Promise<unknown> =>
    socket.timeout(LIMIT_MS).emitWithAck("subscribe", { at: "live", scope });
  return { socket, subscribe };
}

test("each view of a connection has a beginning and an end, in order, and the same asked again goes on", async () => {
  const uses: LiveUse[] = [];
  const { socket, subscribe } = await follow(uses);
  await subscribe({ root: "host/a", depth: 1 });
  await subscribe({ root: "host/a", depth: 1 });
  await subscribe({ aggregate: true });
  await subscribe({ kinds: ["vm", "nic"] });
  socket.disconnect();
  await eventually(() => uses.length === 6, { what: () => JSON.stringify(uses) });
  const whole = { cluster: "main", shows: "elements", root: undefined, depth: undefined };
  expect(uses.map((use) => [use.kind, "view" in use ? use.view : use.code])).toEqual([
    ["began", { cluster: "main", shows: "elements", root: "host/a", depth: 1, kinds: undefined }],
    ["ended", { cluster: "main", shows: "elements", root: "host/a", depth: 1, kinds: undefined }],
    ["began", { cluster: "main", shows: "places" }],
    ["ended", { cluster: "main", shows: "places" }],
    ["began", { ...whole, kinds: ["nic", "vm"] }],
    ["ended", { ...whole, kinds: ["nic", "vm"] }],
  ]);
  expect(new Set(uses.map(({ traceId }) => traceId)).size).toBe(1);
  expect(uses.every(({ identity, from }) => identity?.kind === "person" && from.includes("127.0.0.1"))).toBe(true);
});

test("what is refused is told with its code, and ends nothing that goes on", async () => {
  const uses: LiveUse[] = [];
  const { subscribe } = await follow(uses);
  await subscribe({});
  await subscribe({ depth: 3 });
  expect(uses.map((use) => (use.kind === "refused" ? use.code : use.kind))).toEqual(["began", "live.request_invalid"]);
  // The server ends: so does what was followed.
  await site().stop();
  await eventually(() => uses.at(-1)?.kind === "ended", { what: () => JSON.stringify(uses) });
});

test("whoever may not look is told of, too", async () => {
  const uses: LiveUse[] = [];
  await start({ mayView: false, onLiveUse: (use) => uses.push(use) });
  livePage(site().url);
  await eventually(() => uses.length > 0);
  expect(uses[0]).toMatchObject({ kind: "refused", code: "access.token_needed", identity: undefined });
});

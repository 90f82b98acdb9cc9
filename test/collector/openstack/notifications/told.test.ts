import { expect, test } from "vitest";
import { CLOUD_LIMITS, type CloudSource } from "../../../../collector/openstack/cloud-source.ts";
import { notificationsStatus } from "../../../../collector/openstack/cloud-status.ts";
import { cloudPoints } from "../../../../collector/openstack/gauges.ts";
import { epochMsOf } from "../../../../core/clock.ts";

const NOW = epochMsOf(Date.parse("2026-01-01T00:10:00Z"));
const SOURCE: CloudSource = {
  ...{ cluster: "c", authUrl: "http://k/v3", regions: [], interface: "public", ca: undefined, limits: CLOUD_LIMITS },
  credentials: { kind: "application_credential", id: "i", secret: { kind: "text", text: "s" } },
  ...{ fullEveryMs: 600_000, pollEveryMs: 20_000 },
};

const heard = (status: object, refused = 0) => ({
  status: () => ({ cluster: "c", isListening: true, exchanges: ["nova", "neutron"], problem: undefined, ...status }),
  counts: () => ({ received: 40, hints: 12, ignored: 27, refused, connections: 2 }),
});

test("what was heard of a cloud is told with it, and of one that is not listened to nothing", () => {
  const cloud = { source: SOURCE, regions: [] };
  const told = (notifications?: ReturnType<typeof heard>) =>
    [...cloudPoints(cloud, NOW, { notifications })]
      .flat()
      .filter(({ measurement }) => measurement === "os_notifications");
  expect(told()).toEqual([]);
  const counts = { received: { int: 40 }, hints: { int: 12 }, ignored: { int: 27 }, refused: { int: 1 } };
  expect(told(heard({}, 1))).toMatchObject([
    { tags: { cluster: SOURCE.cluster }, fields: { listening: { int: 1 }, exchanges: { int: 2 }, ...counts } },
  ]);
  expect(told(heard({ isListening: false }))).toMatchObject([
    { fields: { listening: { int: 0 }, exchanges: { int: 0 } } },
  ]);
});

test.each([
  ["listens", {}, 0, "ok", "listening at nova, neutron: 40 notifications, 12 hints"],
  ["cannot read some", {}, 3, "ok", "12 hints, 3 that cannot be read"],
  ["begins", { isListening: false }, 0, "ok", "connecting to the broker"],
  [
    "is away",
    { isListening: false, problem: { reason: "connect ECONNREFUSED", hint: "start it" } },
    ...([0, "degraded", "connect ECONNREFUSED; changes are seen by asking alone"] as const),
  ],
  [
    "has no exchange",
    { problem: { reason: "the broker has none of the exchanges nova", hint: "do they notify?" } },
    ...([0, "degraded", "none of the exchanges nova; changes are seen by asking alone"] as const),
  ],
])("a broker that %s is on the System page", (_what, status, refused, state, detail) => {
  const part = notificationsStatus(heard(status, refused));
  expect(part).toMatchObject({ name: "OpenStack c notifications", state, detail: expect.stringContaining(detail) });
  expect(part.hint !== undefined).toBe(state === "degraded");
});

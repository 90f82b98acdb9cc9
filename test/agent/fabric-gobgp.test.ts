import fc from "fast-check";
import { expect, test } from "vitest";
import { parseGlobal, parsePeer, parseTable, parseWantedTarget } from "../../agent/fabric/gobgp/gobgp-messages.ts";
import { decodeMessage, encodeMessage, numberIn, textIn } from "../../agent/fabric/gobgp/protobuf.ts";
import { epochMsOf } from "../../core/clock.ts";

const AT = epochMsOf(1_796_079_900_000);
const text = (value: string) => Buffer.from(value);
const message = (...fields: readonly (readonly [number, number | Buffer])[]) => encodeMessage(fields);

test("what was encoded is decoded: numbers, texts and messages of any field", () => {
  const field = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.oneof(fc.nat(), fc.maxSafeNat(), fc.string()));
  fc.assert(
    fc.property(fc.uniqueArray(field, { selector: ([number]) => number }), (fields) => {
      const bytes = encodeMessage(fields.map(([n, value]) => [n, typeof value === "number" ? value : text(value)]));
      const decoded = decodeMessage(bytes);
      for (const [number, value] of fields) {
        if (decoded === undefined) throw new Error("not decoded");
        if (typeof value === "number") expect(numberIn(decoded, number)).toBe(value);
        else expect(textIn(decoded, number)).toBe(value === "" ? undefined : text(value).toString("utf8"));
      }
    }),
  );
});

test("bytes that are no message are none, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const buffer = Buffer.from(bytes);
      decodeMessage(buffer);
      for (const parse of [parseGlobal, parseTable, parseWantedTarget]) parse(buffer);
      parsePeer(buffer, AT);
    }),
  );
  expect(decodeMessage(Buffer.from([0x0a, 0x05, 0x01]))).toBeUndefined();
  expect(
    decodeMessage(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  ).toBeUndefined();
});

test("GetBgp as gobgpd 3.10 answers it", () => {
  const recorded = Buffer.from(
    "0a1f08e8fb031209 31302e39312e302e31 18b301 2207302e302e302e30 22023a3a".replaceAll(" ", ""),
    "hex",
  );
  expect(parseGlobal(recorded)).toEqual({ asn: 65_000, routerId: "10.91.0.1" });
  expect(parseGlobal(message([1, message()]))).toBeUndefined();
});

test("a peer: its session, what it calls itself, what came in each family", () => {
  const capability = message([1, text("type.googleapis.com/apipb.FqdnCapability")], [2, message([1, text("pe-1")])]);
  const evpn = message([1, 25], [2, 70]);
  const state = message(
    [4, message([1, message([7, 12])], [2, message([7, 13])])],
    [5, text("10.91.0.2")],
    [6, 65_000],
    [13, 6],
    [17, 2],
    [18, capability],
  );
  const afiSafi = message([2, message([1, evpn])], [3, message([1, evpn], [3, 5])]);
  const timers = message([2, message([6, message([1, 1_796_079_800])])]);
  const peer = message([4, message([1, 1])], [5, state], [6, timers], [10, afiSafi]);
  expect(parsePeer(message([1, peer]), AT)).toEqual({
    families: [{ afi: 25, safi: 70 }],
    isRouteReflectorClient: true,
    ownName: undefined,
    peer: {
      address: "10.91.0.2",
      asn: 65_000,
      hostName: "pe-1",
      session: "established",
      isAdminDown: false,
      uptimeSeconds: 100,
      messagesReceived: 12,
      messagesSent: 13,
      connectionsDropped: 2,
      families: [{ afi: "l2vpn-evpn", prefixesReceived: 5, prefixesSent: undefined }],
    },
  });
});

test("a route target is told as VNIs tell it, with the neighbours that ask for it but not this speaker itself", () => {
  const path = (neighbour: string) => message([15, text(neighbour)]);
  const destination = message(
    [1, text("65000:65000:100")],
    [2, path("10.0.0.2")],
    [2, path("10.0.0.1")],
    [2, path("<nil>")],
  );
  expect(parseWantedTarget(message([1, destination]))).toEqual({
    target: "65000:100",
    paths: 3,
    neighbours: ["10.0.0.1", "10.0.0.2"],
  });
});

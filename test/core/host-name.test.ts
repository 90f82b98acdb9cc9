import fc from "fast-check";
import { expect, test } from "vitest";
import {
  agentId,
  elementIdOf,
  hostId,
  interfaceId,
  isHostName,
  linkId,
  MAX_ID_LENGTH,
  netnsId,
  ovsBridgeId,
  ovsPortId,
  parseElementId,
} from "../../core/element-id.ts";

/** As long as Linux lets the name of an interface be. */
const IFNAME = "i".repeat(15);

test("every id built from an accepted name of a host is within the longest id allowed", () => {
  const longest = fc.constantFrom("h".repeat(128), "€".repeat(14), `${"€".repeat(14)}hh`, "%".repeat(42));
  const name = fc.oneof(longest, fc.string({ unit: "binary", minLength: 1, maxLength: 140 })).filter(isHostName);
  fc.assert(
    fc.property(name, name, (host, other) => {
      const ends = [host, other].map((of) => ovsPortId(of, IFNAME, IFNAME));
      const [from, to] = [ends[0] ?? hostId(host), ends[1] ?? hostId(other)];
      const ids = [
        hostId(host),
        agentId(host),
        netnsId(host, IFNAME),
        interfaceId(host, IFNAME, IFNAME),
        ovsBridgeId(host, IFNAME),
        linkId("layer2", from, to),
        linkId("tunnel", from, to),
      ];
      for (const id of ids) {
        expect(id.length).toBeLessThanOrEqual(MAX_ID_LENGTH);
        expect(parseElementId(id)).toBe(id);
      }
    }),
  );
});

test.each([
  ["nothing", ""],
  ["a lone surrogate", "c-\ud800"],
  ["one character too many", "h".repeat(129)],
  ["too many once encoded", "€".repeat(15)],
])("%s is no name of a host", (_name, host) => {
  expect(isHostName(host)).toBe(false);
});

test("an id of a lone surrogate is a RangeError that shows it, not an URIError", () => {
  expect(() => elementIdOf("host", "c-\ud800")).toThrow(RangeError);
});

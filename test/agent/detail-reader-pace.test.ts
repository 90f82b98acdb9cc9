import { expect, test } from "vitest";
import { createDetailReader, type DetailSigns } from "../../agent/topology/detail-reader.ts";
import { type IpInterface, parseIpAddr } from "../../agent/topology/ip-json.ts";
import type { LineCommand } from "../../agent/topology/line-command.ts";
import type { Namespace } from "../../agent/topology/namespace.ts";
import { SetClock } from "../topology/fakes.ts";

const NETNS: Namespace = { inode: 7, name: "n", heldBy: "name", pid: undefined, path: "/run/netns/n" };
const NO_SIGNS: DetailSigns = { isAnother: false, everything: false, routes: false, links: false };
const device = (ifname: string, ifindex: number, mtu = 1500, kind = "bridge") => ({
  ifindex,
  ifname,
  mtu,
  flags: ["UP"],
  link_type: "ether",
  linkinfo: { info_kind: kind },
});
const interfaces = (...devices: readonly object[]) => parseIpAddr(JSON.stringify(devices));
const BRIDGE = interfaces(device("br0", 2));

/** A reader of one namespace whose commands answer from `routes`; what was asked is noted. */
function setUp() {
  const clock = new SetClock(1_000_000);
  const asked: string[] = [];
  let routes: readonly string[] = [];
  const reader = createDetailReader(clock, async ({ args }: LineCommand, onLine) => {
    const [program, ...rest] = args.slice(args.indexOf("--") + 1);
    asked.push(program === "ip" ? "routes" : `${program} ${rest.join(" ")}`);
    if (program === "ip") routes.forEach(onLine);
    else [`Features for ${rest.at(-1)}:`, "highdma: on"].forEach(onLine);
    return true;
  });
  let before: readonly IpInterface[] = [];
  return {
    clock,
    reader,
    setRoutes(lines: readonly string[]) {
      routes = lines;
    },
    /** What a reading with these signs asks the system. */
    async asks(signs: Partial<DetailSigns>, now = before) {
      asked.length = 0;
      await reader.read(NETNS, { before, now }, { ...NO_SIGNS, ...signs });
      before = now;
      return [...asked];
    },
  };
}

test("a namespace is read whole at first, and not at all while nothing is said of it", async () => {
  const { asks } = setUp();
  expect(await asks({ isAnother: true }, BRIDGE)).toEqual(["routes", "ethtool -k br0"]);
  expect(await asks({})).toEqual([]);
});

test("routes that change all the time are read once a second, and the last change is not forgotten", async () => {
  const { asks, clock, reader } = setUp();
  await asks({ isAnother: true }, BRIDGE);
  clock.set(1_000_400);
  expect(await asks({ routes: true })).toEqual([]);
  expect(reader.dueInMs()).toBe(600);
  clock.set(1_001_000);
  expect(await asks({})).toEqual(["routes"]);
  expect(reader.dueInMs()).toBeUndefined();
});

test("a table too large to be told is read once in half a minute", async () => {
  const { asks, clock, reader, setRoutes } = setUp();
  setRoutes(Array.from({ length: 600 }, (_, n) => `10.0.${n >> 8}.${n & 255} dev br0`));
  await asks({ isAnother: true }, BRIDGE);
  clock.set(1_002_000);
  expect(await asks({ routes: true })).toEqual([]);
  expect(reader.dueInMs()).toBe(28_000);
  clock.set(1_030_000);
  expect(await asks({})).toEqual(["routes"]);
});

test("a namespace made again under the same inode is read at once", async () => {
  const { asks } = setUp();
  await asks({ isAnother: true }, BRIDGE);
  expect(await asks({ isAnother: true })).toContain("routes");
});

test("features are asked for once a device, however often it changes", async () => {
  const { asks } = setUp();
  await asks({ isAnother: true }, BRIDGE);
  expect(await asks({ links: true }, interfaces(device("br0", 2, 9000)))).toEqual([]);
  expect(await asks({ links: true }, interfaces(device("br0", 3, 9000)))).toEqual(["ethtool -k br0"]);
});

test("a link that changed without a difference to be seen has its features read again, at most every five seconds", async () => {
  const { asks, clock, reader } = setUp();
  await asks({ isAnother: true }, BRIDGE);
  const same = () => interfaces(device("br0", 2));
  expect(await asks({ links: true }, same())).toEqual(["ethtool -k br0"]);
  clock.set(1_001_000);
  expect(await asks({ links: true }, same())).toEqual([]);
  expect(reader.dueInMs()).toBe(4_000);
  clock.set(1_005_000);
  expect(await asks({})).toEqual(["ethtool -k br0"]);
});

test("many new devices are asked for together, and a veth not at all", async () => {
  const { asks } = setUp();
  const many = Array.from({ length: 6 }, (_, n) => device(`br${n}`, n + 2));
  expect(await asks({ isAnother: true }, interfaces(...many))).toEqual(["routes", "ethtool -k *"]);
  expect(await asks({ links: true }, interfaces(...many, device("v0", 20, 1500, "veth")))).toEqual([]);
});

import { expect, test } from "vitest";
import { routeHints } from "../../../collector/openstack/hint-router.ts";
import { Names } from "../../../collector/openstack/names.ts";
import type { ChangedKind } from "../../../collector/openstack/notifications/hint.ts";
import type { LookKind } from "../../../collector/openstack/pending-hints.ts";

test("hints go to the services they concern, in every region of that cloud and of no other", () => {
  const heard: string[] = [];
  const service = (name: "compute" | "network" | "volume" | "load-balancer" | "identity", where: string) => ({
    api: { service: name },
    loop: {
      hint: (kind: LookKind, id: string | undefined) => void heard.push(`${where} ${name} ${kind} ${id}`),
      hurry: () => void heard.push(`${where} ${name} hurry`),
    },
  });
  const cloud = (cluster: string, ...regions: readonly string[]) => ({
    source: { cluster },
    regions: regions.map((where) => ({
      services: (["compute", "network", "volume", "load-balancer", "identity"] as const).map((name) =>
        service(name, where),
      ),
    })),
  });
  const receiver = routeHints([cloud("a", "a1", "a2"), cloud("b", "b1"), cloud("starting")]);
  const tell = (cluster: string, kind: ChangedKind, id?: string) => {
    heard.length = 0;
    void receiver.changed({ cluster, service: "nova", kind, id, deleted: false });
    return heard;
  };
  expect(tell("a", "server", "s")).toEqual([
    ...["a1 compute server s", "a1 network ports-of s", "a2 compute server s", "a2 network ports-of s"],
  ]);
  expect(tell("b", "router", "r")).toEqual(["b1 network router r", "b1 network ports-of r"]);
  expect(tell("b", "volume", "v")).toEqual(["b1 volume volume v"]);
  expect(tell("b", "load-balancer", "l")).toEqual(["b1 load-balancer load-balancer l"]);
  expect(tell("b", "project")).toEqual(["b1 identity project undefined"]);
  expect(tell("b", "aggregate")).toEqual(["b1 compute aggregate undefined"]);
  expect(tell("starting", "port", "p")).toEqual([]);
  expect(tell("nobody", "port", "p")).toEqual([]);
  receiver.listening("b");
  expect(heard).toHaveLength(5);
});

test("a new project is a reason to tell anew only of what was told without its name", () => {
  const names = new Names();
  names.get("used");
  names.replace(new Map([["unused", "x"]]));
  expect(names.generation).toBe(0);
  names.replace(
    new Map([
      ["unused", "x"],
      ["used", "y"],
    ]),
  );
  expect([names.generation, names.get("used")]).toEqual([1, "y"]);
  names.replace(new Map([["used", "z"]]));
  expect(names.generation).toBe(2);
});

import { describe, expect, test } from "vitest";
import { type Holder, isPasserBy, nameNamespaces, nameOfHolder } from "../../agent/topology/namespace-name.ts";

const CONTAINER = "3f9d1a2b4c5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";
const holder = (inode: number, comm: string, startTicks: number, cgroup = "0::/\n"): Holder => ({
  inode,
  pid: inode + 1000,
  comm,
  startTicks,
  cgroup,
});

describe("an unnamed namespace is named by what holds it", () => {
  test.each([
    ["a container of docker", `0::/system.slice/docker-${CONTAINER}.scope\n`, "3f9d1a2b4c5e", "container"],
    ["docker with cgroup v1", `12:pids:/docker/${CONTAINER}\n0::/\n`, "3f9d1a2b4c5e", "container"],
    [
      "a pod",
      `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${CONTAINER}.scope\n`,
      "3f9d1a2b4c5e",
      "container",
    ],
    ["a podman container", `0::/machine.slice/libpod-${CONTAINER}.scope/container\n`, "3f9d1a2b4c5e", "container"],
    ["a service", "0::/system.slice/systemd-hostnamed.service\n", "systemd-hostnamed.service", "service"],
    ["a process", "0::/user.slice/user-0.slice/session-1.scope\n", "sleep", "process"],
  ])("%s", (_, cgroup, name, heldBy) => {
    expect(nameOfHolder({ comm: "sleep", cgroup })).toEqual({ name, heldBy });
  });
});

test("namesakes are numbered in the order they started, around names that are taken", () => {
  const names = nameNamespaces(
    [holder(1, "sleep", 300), holder(2, "sleep", 100), holder(3, "web", 50), holder(4, "sleep", 200)],
    new Set(["web"]),
    new Map(),
  );
  expect([...names].map(([inode, { name }]) => [inode, name]).toSorted()).toEqual([
    [1, "sleep~3"],
    [2, "sleep"],
    [3, "web~2"],
    [4, "sleep~2"],
  ]);
});

test("a namespace keeps its name when its first process ends and when an older namesake turns up", () => {
  const first = nameNamespaces([holder(1, "sh", 100)], new Set(), new Map());
  const second = nameNamespaces([holder(1, "sleep", 150), holder(2, "sh", 50)], new Set(), first);
  expect([...second].map(([inode, { name }]) => [inode, name])).toEqual([
    [1, "sh"],
    [2, "sh~2"],
  ]);
});

test("a namespace that turns out to be a container's is named after it", () => {
  const first = nameNamespaces([holder(1, "pause", 100)], new Set(), new Map());
  const cgroup = `0::/system.slice/docker-${CONTAINER}.scope\n`;
  const second = nameNamespaces([holder(1, "pause", 100, cgroup)], new Set(), first);
  expect([first.get(1)?.name, second.get(1)?.name]).toEqual(["pause", "3f9d1a2b4c5e"]);
});

test.each([
  ["ip", true],
  ["unshare", true],
  ["runc:[2:INIT]", true],
  ["sleep", false],
  ["ipsec", false],
])("%s only passes by: %s", (comm, expected) => {
  expect(isPasserBy(comm)).toBe(expected);
});

import { beforeEach, expect, test } from "vitest";
import { DomainRegister } from "../../agent/vm/domain-register.ts";
import type { LibvirtClient } from "../../agent/vm/libvirt/libvirt-client.ts";
import { LibvirtRefusal } from "../../agent/vm/libvirt/rpc-connection.ts";
import { systemClock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { HostEvent } from "../../core/host-event.ts";

const UUIDS = ["4d0e8f80-1111-4222-8333-000000000001", "4d0e8f80-1111-4222-8333-000000000002"] as const;
const [FIRST, SECOND] = UUIDS;
const [RUNNING, PAUSED, SHUTOFF] = [1, 3, 5];

let states: Map<string, number>;
let events: HostEvent[];
let register: DomainRegister;

beforeEach(() => {
  states = new Map([[FIRST, RUNNING]]);
  events = [];
  const proc = { text: () => undefined, names: () => [], link: () => undefined };
  register = new DomainRegister({ host: "h", proc, clock: systemClock, runFolder: "/run/libvirt" });
});

const refOf = (uuid: string) => ({ uuid, name: `vm-${uuid.at(-1)}`, id: 1 });
const report = (event: HostEvent) => void events.push(event);
const told = () => events.map(({ kind, element }) => `${kind} ${element.at(-1)}`);

/** libvirt as far as a register asks it. */
const client: LibvirtClient = {
  libraryVersion: async () => 9_000_000,
  hypervisorVersion: async () => 7_002_000,
  registerEvent: async () => true,
  stats: async () => [],
  agentCommand: async () => "",
  close: () => {},
  async xml({ uuid, name }) {
    if (!states.has(uuid)) throw new LibvirtRefusal(42, "Domain not found");
    return `<domain type='kvm'><name>${name}</name><uuid>${uuid}</uuid></domain>`;
  },
  standing: async ({ uuid }) => ({ state: states.get(uuid) ?? SHUTOFF, reason: 1 }),
};

function load(): Promise<void> {
  const records = [...states.keys()].map((uuid) => ({ domain: refOf(uuid), params: new Map<string, number>() }));
  return register.load(client, records, report);
}

test("what is there when the agent starts did not just happen", async () => {
  await load();
  expect(register.all.map(({ state }) => state)).toEqual(["running"]);
  expect(told()).toEqual([]);
});

test("what did not change while libvirt restarted is no event", async () => {
  await load();
  await load();
  expect(told()).toEqual([]);
});

test("what changed while libvirt was away is told when it is back", async () => {
  states.set(SECOND, RUNNING);
  await load();
  states.delete(FIRST);
  states.set(SECOND, PAUSED);
  await load();
  expect(told()).toEqual(["vm-stopped 1", "vm-suspended 2"]);
  expect(register.all.map(({ config, state }) => [config.uuid, state])).toEqual([[SECOND, "paused"]]);
});

test("a machine that libvirt no longer knows is forgotten when it is asked for", async () => {
  await load();
  states.delete(FIRST);
  await register.refresh(client, refOf(FIRST));
  expect(register.all).toEqual([]);
});

test("what cannot be read now stays as it was, and is not taken for sure", async () => {
  await load();
  const failing = { ...client, xml: () => Promise.reject(new LibvirtRefusal(38, "timed out")) };
  await expect(register.refresh(failing, refOf(FIRST))).rejects.toThrow("timed out");
  register.mistrust(FIRST);
  expect(register.get(FIRST)).toMatchObject({ state: "running", shape: "not read" });
});

test("a start is one event, though libvirt lets the processors go before it says so", async () => {
  states.set(FIRST, SHUTOFF);
  await load();
  register.onLifecycle(refOf(FIRST), 4, 0, report);
  register.onLifecycle(refOf(FIRST), 2, 0, report);
  expect(told()).toEqual(["vm-started 1"]);
});

test("suspended and resumed faster than anybody asks is both told", async () => {
  await load();
  register.onLifecycle(refOf(FIRST), 3, 0, report);
  register.onLifecycle(refOf(FIRST), 4, 0, report);
  expect(told()).toEqual(["vm-suspended 1", "vm-resumed 1"]);
});

test("a machine that libvirt does not answer for does not hide the others", async () => {
  states.set(SECOND, RUNNING);
  const hanging: LibvirtClient = {
    ...client,
    async xml(ref) {
      if (ref.uuid === FIRST) throw new OperatorError({ code: "agent.libvirt", message: "no answer", hint: "" });
      return client.xml(ref);
    },
  };
  const records = [FIRST, SECOND].map((uuid) => ({ domain: refOf(uuid), params: new Map<string, number>() }));
  await register.load(hanging, records, report);
  expect(register.all.map(({ config }) => config.uuid)).toEqual([SECOND]);
  const gone = { ...hanging, libraryVersion: () => Promise.reject(new Error("closed")) };
  await expect(register.load(gone, records, report)).rejects.toThrow("closed");
});

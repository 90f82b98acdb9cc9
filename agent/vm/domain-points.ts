import type { EpochMs } from "../../core/clock.ts";
import { type FieldValue, intField, type Point } from "../../core/line-protocol.ts";
import { type DomainConfig, domainTags, isActive } from "./domain.ts";
import { type GuestTraffic, networkPoint } from "./guest-view.ts";
import type { DomainRecord } from "./libvirt/protocol.ts";

/** QEMU tells what the balloon's driver said last, however long ago: a guest that hangs would look alive. */
const MEMORY_STATS_VALID_S = 300;

export interface DomainSample {
  readonly config: DomainConfig;
  readonly record: DomainRecord;
  readonly at: EpochMs;
  /** Since its process was started; undefined when it has none, or when that is not known. */
  readonly uptimeSeconds: number | undefined;
}

/** What is read at every sample: state, processor time, network. */
export function runningPoints({ config, record, at, uptimeSeconds }: DomainSample): readonly Point[] {
  const { params } = record;
  const state = numberAt(params, "state.state");
  const machine: Point = {
    measurement: "vm",
    tags: vmTags(config),
    fields: {
      state: intField(state),
      running: state === undefined ? undefined : { int: state === 1 ? 1 : 0 },
      vcpus: intField(numberAt(params, "vcpu.current") ?? config.vcpus),
      ...(state !== undefined && isActive(state) ? processorFields(params) : {}),
      uptime_s: uptimeSeconds,
    },
    at,
  };
  const points = [machine];
  for (let index = 0; index < (numberAt(params, "net.count") ?? 0); index++) {
    const name = params.get(`net.${index}.name`);
    if (typeof name !== "string") continue;
    // libvirt turns what the host counted round itself, also for ports in user space.
    points.push(networkPoint({ config, device: name, traffic: trafficOf(params, `net.${index}`), at }));
  }
  return points;
}

/** `flavor` is a label of the machine's own series only: a resize gives it new ones. */
export function vmTags(config: DomainConfig): { readonly [tag: string]: string } {
  return { ...domainTags(config), flavor: config.nova?.flavor ?? "" };
}

function processorFields(params: Params): { readonly [field: string]: FieldValue } {
  return {
    cpu_time_s: secondsAt(params, "cpu.time"),
    cpu_user_s: secondsAt(params, "cpu.user"),
    cpu_system_s: secondsAt(params, "cpu.system"),
    steal_s: stealSeconds(params),
  };
}

/** What all virtual processors together waited for one of the host's. */
function stealSeconds(params: Params): number | undefined {
  const waits = vcpuNumbers(params).map((number) => secondsAt(params, `vcpu.${number}.delay`));
  if (waits.length === 0) return undefined;
  let sum = 0;
  for (const wait of waits) {
    if (wait === undefined) return undefined;
    sum += wait;
  }
  return Math.round(sum * 1_000_000) / 1_000_000;
}

/** Numbers may have gaps: a processor may be taken out of a running machine. */
export function vcpuNumbers(params: Params): readonly number[] {
  const numbers: number[] = [];
  for (let number = 0; number < (numberAt(params, "vcpu.maximum") ?? 0); number++) {
    if (params.has(`vcpu.${number}.time`)) numbers.push(number);
  }
  return numbers;
}

function trafficOf(params: Params, prefix: string): GuestTraffic {
  const of = (name: string) => numberAt(params, `${prefix}.${name}`);
  return {
    rx: { bytes: of("rx.bytes"), packets: of("rx.pkts"), errors: of("rx.errs"), dropped: of("rx.drop") },
    tx: { bytes: of("tx.bytes"), packets: of("tx.pkts"), errors: of("tx.errs"), dropped: of("tx.drop") },
  };
}

/** What QEMU has to be asked for, and so is read seldom: memory and disks. */
export function seldomPoints({ config, record, at }: Omit<DomainSample, "uptimeSeconds">): readonly Point[] {
  const { params } = record;
  const points: Point[] = [{ measurement: "vm", tags: vmTags(config), fields: memoryFields(params, at), at }];
  for (let index = 0; index < (numberAt(params, "block.count") ?? 0); index++) {
    const device = params.get(`block.${index}.name`);
    if (typeof device !== "string") continue;
    const tags = { ...domainTags(config), device };
    points.push({ measurement: "vm_disk", tags, fields: diskFields(params, `block.${index}`), at });
  }
  return points;
}

function memoryFields(params: Params, at: EpochMs): { readonly [field: string]: FieldValue } {
  const bytes = (name: string) => bytesOfKib(numberAt(params, `balloon.${name}`));
  const saidAt = numberAt(params, "balloon.last-update") ?? 0;
  const fromGuest = at / 1000 - saidAt > MEMORY_STATS_VALID_S ? undefined : true;
  return {
    mem_allocated_bytes: bytes("current"),
    mem_max_bytes: bytes("maximum"),
    mem_rss_bytes: bytes("rss"),
    mem_total_bytes: fromGuest && bytes("available"),
    mem_usable_bytes: fromGuest && bytes("usable"),
    mem_unused_bytes: fromGuest && bytes("unused"),
    mem_caches_bytes: fromGuest && bytes("disk_caches"),
    swap_in_bytes: fromGuest && bytes("swap_in"),
    swap_out_bytes: fromGuest && bytes("swap_out"),
    major_faults: fromGuest && intField(numberAt(params, "balloon.major_fault")),
    minor_faults: fromGuest && intField(numberAt(params, "balloon.minor_fault")),
  };
}

function diskFields(params: Params, prefix: string): { readonly [field: string]: FieldValue } {
  const count = (name: string) => intField(numberAt(params, `${prefix}.${name}`));
  const seconds = (name: string) => secondsAt(params, `${prefix}.${name}`);
  return {
    read_bytes: count("rd.bytes"),
    reads: count("rd.reqs"),
    read_time_s: seconds("rd.times"),
    write_bytes: count("wr.bytes"),
    writes: count("wr.reqs"),
    write_time_s: seconds("wr.times"),
    flushes: count("fl.reqs"),
    flush_time_s: seconds("fl.times"),
    capacity_bytes: count("capacity"),
    allocation_bytes: count("allocation"),
    physical_bytes: count("physical"),
  };
}

type Params = DomainRecord["params"];

export function numberAt(params: Params, name: string): number | undefined {
  const value = params.get(name);
  return typeof value === "number" ? value : undefined;
}

/** Of nanoseconds, to the microsecond. */
export function secondsAt(params: Params, name: string): number | undefined {
  const nanoseconds = numberAt(params, name);
  return nanoseconds === undefined ? undefined : Math.round(nanoseconds / 1000) / 1_000_000;
}

function bytesOfKib(kib: number | undefined): { readonly int: number } | undefined {
  return kib === undefined ? undefined : { int: kib * 1024 };
}

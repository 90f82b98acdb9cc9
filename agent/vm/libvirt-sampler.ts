import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { PointSink } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { stepVcpus, type VcpuReading, type VcpuTable, vcpuPoints } from "./busy-vcpus.ts";
import { numberAt, runningPoints, secondsAt, seldomPoints, vcpuNumbers } from "./domain-points.ts";
import type { DomainRegister, TrackedDomain } from "./domain-register.ts";
import type { LibvirtClient } from "./libvirt/libvirt-client.ts";
import { type DomainRecord, type DomainRef, STATS } from "./libvirt/protocol.ts";
import { LibvirtRefusal } from "./libvirt/rpc-connection.ts";
import { ageOf, uptimeOf } from "./qemu-process.ts";

/** From the kernel and libvirt's own memory: no machine is asked. */
const OFTEN = STATS.state | STATS.cpu | STATS.vcpu | STATS.interface;
const OFTEN_TIMEOUT_MS = 3_000;

/** For these QEMU itself is asked, machine by machine: one that hangs holds up no other. */
const SELDOM = STATS.balloon | STATS.block;
const SELDOM_EVERY_MS = 30_000;
const SELDOM_TIMEOUT_MS = 1_000;
/** Of one sample; who was not asked by then is first the next time. */
const SELDOM_BUDGET_MS = 1_500;
/** libvirt works on a few calls of ours at once, and these must be left for the others. */
const MAX_STUCK = 2;

export interface LibvirtSamplerDeps {
  readonly client: LibvirtClient;
  readonly register: DomainRegister;
  readonly proc: ProcReader;
  readonly clock: Clock;
  /** A machine is not what it was known to be. */
  readonly askAgain: (domain: DomainRef) => void;
}

/** Hands over what libvirt counts; throws an OperatorError when it does not answer. */
export function createLibvirtSampler(deps: LibvirtSamplerDeps): (at: EpochMs, sink: PointSink) => Promise<void> {
  const { client, register, proc, clock, askAgain } = deps;
  let vcpus: VcpuTable = new Map();

  async function sampleOften(at: EpochMs, sink: PointSink): Promise<void> {
    const records = await client.stats([], { groups: OFTEN, timeoutMs: OFTEN_TIMEOUT_MS });
    const uptime = uptimeOf(proc);
    const readings: VcpuReading[] = [];
    for (const record of records) {
      const domain = register.get(record.domain.uuid);
      // A machine whose definition was not read yet is left out once, rather than written without its project.
      if (domain === undefined || !fits(domain, record)) askAgain(record.domain);
      if (domain === undefined) continue;
      const { config, startSeconds } = domain;
      const uptimeSeconds = ageOf(uptime, startSeconds);
      runningPoints({ config, record, at, uptimeSeconds }).forEach(sink);
      readings.push(...vcpuReadings(domain, record));
    }
    vcpus = stepVcpus(vcpus, readings, at);
    vcpuPoints(vcpus).forEach(sink);
    const present = new Set(records.map(({ domain }) => domain.uuid));
    for (const { ref } of register.all) if (!present.has(ref.uuid)) askAgain(ref);
  }

  async function sampleSeldom(at: EpochMs, sink: PointSink): Promise<void> {
    const startMs = clock.monotonicMs();
    const due = register.all.filter(
      (it) => it.ref.id >= 0 && startMs - it.seldomReadMs >= SELDOM_EVERY_MS && !it.isStuck,
    );
    due.sort((a, b) => a.seldomReadMs - b.seldomReadMs);
    for (const domain of due) {
      const isBlocked = register.all.filter(({ isStuck }) => isStuck).length >= MAX_STUCK;
      if (isBlocked || clock.monotonicMs() - startMs > SELDOM_BUDGET_MS) return;
      const record = await askSeldom(client, domain);
      // Somebody else was busy with the machine: it is asked again at the next sample.
      if (record === undefined || !record.params.has("block.count")) continue;
      domain.seldomReadMs = clock.monotonicMs();
      seldomPoints({ config: domain.config, record, at }).forEach(sink);
    }
  }

  return async (at, sink) => {
    await sampleOften(at, sink);
    // Not at once: each call keeps a machine busy for a moment, and NOWAIT leaves out what a busy one would have to say.
    await sampleSeldom(at, sink);
  };
}

async function askSeldom(client: LibvirtClient, domain: TrackedDomain): Promise<DomainRecord | undefined> {
  const onLate = () => {
    domain.isStuck = false;
  };
  try {
    const [record] = await client.stats([domain.ref], { groups: SELDOM, timeoutMs: SELDOM_TIMEOUT_MS, onLate });
    return record;
  } catch (thrown) {
    if (!(thrown instanceof OperatorError)) throw thrown;
    // A machine that was just stopped is refused; one that hangs is not answered for.
    domain.isStuck = !(thrown instanceof LibvirtRefusal);
    return undefined;
  }
}

function vcpuReadings({ config }: TrackedDomain, { params }: DomainRecord): readonly VcpuReading[] {
  return vcpuNumbers(params).map((number) => ({
    config,
    number,
    timeSeconds: secondsAt(params, `vcpu.${number}.time`) ?? 0,
    delaySeconds: secondsAt(params, `vcpu.${number}.delay`),
  }));
}

/** Whether a machine has the state and the cards that it is known to have; events may be lost, as when libvirt restarts. */
function fits(domain: TrackedDomain, { domain: { id }, params }: DomainRecord): boolean {
  const names = [];
  for (let index = 0; index < (numberAt(params, "net.count") ?? 0); index++)
    names.push(params.get(`net.${index}.name`));
  const shape = [numberAt(params, "state.state"), numberAt(params, "state.reason"), id, ...names].join();
  const isSame = domain.shape === shape;
  const isFirst = domain.shape === "";
  domain.shape = shape;
  return isSame || isFirst;
}

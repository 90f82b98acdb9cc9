import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import type { ProcReader } from "../proc-reader.ts";
import { type DomainConfig, isActive, pausedReason, stateWord } from "./domain.ts";
import { domainId, type GuestFacts, type KnownDomain } from "./domain-elements.ts";
import { parseDomainXml } from "./domain-xml.ts";
import type { LibvirtClient } from "./libvirt/libvirt-client.ts";
import type { DomainRecord, DomainRef } from "./libvirt/protocol.ts";
import { LibvirtRefusal } from "./libvirt/rpc-connection.ts";
import { type LifeEvent, missedEvent, stateAfter, stepLifecycle } from "./lifecycle.ts";
import { type PassedFunction, readPassedFunctions, sameFunctions } from "./passed-functions.ts";
import { startSecondsOf } from "./qemu-process.ts";

/** VIR_ERR_NO_DOMAIN */
const NO_DOMAIN = 42;

/** A machine as it is now, which the sessions of libvirt come and go around. */
export interface TrackedDomain extends KnownDomain {
  ref: DomainRef;
  config: DomainConfig;
  state: string;
  pausedReason: string | undefined;
  guest: GuestFacts | undefined;
  functions: readonly PassedFunction[];
  /** Seconds from boot to the start of its process. */
  startSeconds: number | undefined;
  /** When memory and disks were read last, on the monotonic clock. */
  seldomReadMs: number;
  /** libvirt has not answered for it: its QEMU hangs, and nothing more is asked of it until it does. */
  isStuck: boolean;
  /** What of it `stats` names; when that changes, devices came or went. */
  shape: string;
}

export interface RegisterDeps {
  readonly host: string;
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly runFolder: string;
}

/** Everything known of this host's machines. It outlives the connections to libvirt: while that restarts, machines go on. */
export class DomainRegister {
  readonly #deps: RegisterDeps;
  readonly #domains = new Map<string, TrackedDomain>();
  readonly #arriving = new Set<string>();
  #isLoaded = false;

  constructor(deps: RegisterDeps) {
    this.#deps = deps;
  }

  get all(): readonly TrackedDomain[] {
    return [...this.#domains.values()];
  }

  get(uuid: string): TrackedDomain | undefined {
    return this.#domains.get(uuid);
  }

  /** Takes over what a new connection says there is, and tells what happened meanwhile: at the first one, nothing did. */
  async load(
    client: LibvirtClient,
    records: readonly DomainRecord[],
    report: (event: HostEvent) => void,
  ): Promise<void> {
    const before = new Map(this.all.map((it) => [it.config.uuid, it.state]));
    for (const { domain } of records) await this.#refreshIfAnswered(client, domain);
    const present = new Set(records.map(({ domain }) => domain.uuid));
    for (const uuid of before.keys()) if (!present.has(uuid)) this.#domains.delete(uuid);
    if (this.#isLoaded) {
      for (const uuid of new Set([...before.keys(), ...this.#domains.keys()])) {
        const event = missedEvent(before.get(uuid), this.#domains.get(uuid)?.state);
        if (event !== undefined) this.#report(uuid, event, report);
      }
    }
    this.#isLoaded = true;
  }

  /** Reads the definition and the state of one machine again; forgets it when there is none any more. */
  async refresh(client: LibvirtClient, ref: DomainRef): Promise<void> {
    try {
      const config = parseDomainXml(await client.xml(ref));
      if (config === undefined) return;
      const { state, reason } = await client.standing(ref);
      const startSeconds = isActive(state) ? this.#startSecondsOf(ref.name) : undefined;
      const told = {
        ref,
        config,
        state: stateWord(state, reason),
        pausedReason: pausedReason(state, reason),
        startSeconds,
        functions: readPassedFunctions(this.#deps.proc, config),
      };
      const known = this.#domains.get(ref.uuid);
      const fresh = { guest: undefined, seldomReadMs: Number.NEGATIVE_INFINITY, isStuck: false, shape: "" };
      if (known === undefined) this.#domains.set(ref.uuid, { ...fresh, ...told });
      else Object.assign(known, told, isActive(state) ? {} : { guest: undefined });
    } catch (thrown) {
      if (!(thrown instanceof LibvirtRefusal) || thrown.number !== NO_DOMAIN) throw thrown;
      this.#domains.delete(ref.uuid);
    }
  }

  /** One machine that libvirt does not answer for, as its QEMU hangs, does not hide the others: it is asked for again at each sample. */
  async #refreshIfAnswered(client: LibvirtClient, ref: DomainRef): Promise<void> {
    try {
      await this.refresh(client, ref);
    } catch (thrown) {
      if (!(thrown instanceof OperatorError)) throw thrown;
      // Throws when it is libvirt itself that does not answer.
      await client.libraryVersion();
    }
  }

  /** Looks again for the virtual functions that machines have, of which no event tells; whether any came or went. */
  lookAtFunctions(): boolean {
    let isChanged = false;
    for (const domain of this.#domains.values()) {
      const now = readPassedFunctions(this.#deps.proc, domain.config);
      if (sameFunctions(now, domain.functions)) continue;
      domain.functions = now;
      isChanged = true;
    }
    return isChanged;
  }

  /** What is known of it could not be read again: the next sample is to ask for it. */
  mistrust(uuid: string): void {
    const domain = this.#domains.get(uuid);
    if (domain !== undefined) domain.shape = "not read";
  }

  /** A lifecycle event of libvirt: what it means to people is reported. */
  onLifecycle(ref: DomainRef, event: number, detail: number, report: (event: HostEvent) => void): void {
    const known = this.#domains.get(ref.uuid);
    // Between its start and its first breath a machine is paused as well; nobody suspended it.
    const state = known?.pausedReason === "starting-up" ? undefined : known?.state;
    const before = { isArriving: this.#arriving.has(ref.uuid), state };
    const step = stepLifecycle(event, detail, before);
    if (step.isArriving) this.#arriving.add(ref.uuid);
    else this.#arriving.delete(ref.uuid);
    if (known !== undefined) known.state = stateAfter(event, step.isArriving) ?? known.state;
    if (step.event !== undefined) this.#report(ref.uuid, step.event, report, ref.name);
  }

  #report(
    uuid: string,
    { kind, severity, reason }: LifeEvent,
    report: (event: HostEvent) => void,
    name?: string,
  ): void {
    const config = this.#domains.get(uuid)?.config;
    const known = name ?? config?.name ?? uuid;
    const title = config?.nova?.displayName === undefined ? known : `${known} (${config.nova.displayName})`;
    const element = domainId(this.#deps.host, uuid);
    report({
      at: this.#deps.clock.now(),
      kind,
      element,
      severity,
      text: `${title}: ${reason}`.slice(0, MAX_EVENT_TEXT_CHARS),
      attributes: {
        vm_id: uuid,
        reason,
        ...(config?.nova?.projectId === undefined ? {} : { project_id: config.nova.projectId }),
      },
    });
  }

  /** libvirt keeps the number of the process in its run folder. */
  #startSecondsOf(name: string): number | undefined {
    const { proc, runFolder } = this.#deps;
    const pid = proc.text(join(runFolder, "qemu", `${name}.pid`))?.trim();
    return pid !== undefined && /^\d+$/.test(pid) ? startSecondsOf(proc, pid) : undefined;
  }
}

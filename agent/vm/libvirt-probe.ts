import { join } from "node:path";
import type { Attributes } from "../../core/element.ts";
import { type ElementId, hostId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Contribution, HostView, Probe, ProbeContext, ProbeSession } from "../probe.ts";
import { domainContribution } from "./domain-elements.ts";
import { DomainRegister } from "./domain-register.ts";
import { startGuestAgents } from "./guest-agents.ts";
import { type LibvirtClient, openLibvirt } from "./libvirt/libvirt-client.ts";
import { type DomainEvent, type DomainRef, EVENT_IDS, PROCEDURE, STATS } from "./libvirt/protocol.ts";
import { createLibvirtSampler } from "./libvirt-sampler.ts";
import type { VmDeps, VmOptions } from "./vm-probes.ts";

/** Of modular daemons first: where they run, the old name may be that of a proxy. */
const SOCKETS = ["virtqemud-sock", "libvirt-sock"];
const LIST_TIMEOUT_MS = 10_000;

/** What a probe of machines that has no libvirt to ask must know. */
export interface LibvirtPresence {
  /** Settles when libvirt was looked for, the first time. */
  readonly looked: Promise<void>;
  /** Whether libvirt has answered since the agent was started. */
  readonly hasAnswered: boolean;
}

/** Machines as libvirt tells of them, on its read-only socket. */
export function libvirtProbe(
  options: VmOptions,
  deps: VmDeps,
): { readonly probe: Probe; readonly presence: LibvirtPresence } {
  const register = new DomainRegister({ ...deps, runFolder: options.libvirtRunFolder });
  const looked = Promise.withResolvers<void>();
  let hasAnswered = false;

  async function detect(context: ProbeContext): Promise<ProbeSession | undefined> {
    for (const name of SOCKETS) {
      const socket = join(options.libvirtRunFolder, name);
      const session = await openSession(socket, { register, options, deps, context });
      if (session === undefined) continue;
      hasAnswered = true;
      return session;
    }
    return undefined;
  }

  return {
    probe: { name: "libvirt", detect: (context) => detect(context).finally(looked.resolve) },
    presence: {
      looked: looked.promise,
      get hasAnswered() {
        return hasAnswered;
      },
    },
  };
}

interface SessionParts {
  readonly register: DomainRegister;
  readonly options: VmOptions;
  readonly deps: VmDeps;
  readonly context: ProbeContext;
}

async function openSession(socket: string, parts: SessionParts): Promise<ProbeSession | undefined> {
  const { register, options, deps, context } = parts;
  const ended = Promise.withResolvers<string>();
  const asked = new Map<string, DomainRef>();
  let isLoaded = false;
  let isReading = false;
  const client = await openLibvirt(`${socket}-ro`, true, { onEvent, onClose: ended.resolve });
  if (client === undefined) return undefined;
  const { signal } = context;
  signal.addEventListener("abort", client.close, { once: true });
  if (signal.aborted) client.close();

  function onEvent({ procedure, domain, event, detail }: DomainEvent): void {
    if (procedure === PROCEDURE.lifecycleEvent && isLoaded) register.onLifecycle(domain, event, detail, context.report);
    askAgain(domain);
  }

  function askAgain(domain: DomainRef): void {
    asked.set(domain.uuid, domain);
    if (isLoaded) void readAsked();
  }

  /** One machine after the other; what is said of one while it waits is one reading. */
  async function readAsked(): Promise<void> {
    if (isReading || client === undefined) return;
    isReading = true;
    for (const [uuid, domain] of asked) {
      asked.delete(uuid);
      await register.refresh(client, domain).catch((thrown: unknown) => {
        unlessBug(thrown);
        register.mistrust(uuid);
      });
    }
    isReading = false;
    context.changed();
  }

  try {
    for (const id of Object.values(EVENT_IDS)) await client.registerEvent(id);
    const host = await hostAttributes(client);
    const records = await client.stats([], { groups: STATS.state, timeoutMs: LIST_TIMEOUT_MS });
    await register.load(client, records, context.report);
    isLoaded = true;
    if (asked.size > 0) void readAsked();
    const guests = options.guestAgent
      ? startGuestAgents({ socket, register, ...deps, changed: context.changed, signal })
      : undefined;
    const sample = createLibvirtSampler({ client, register, ...deps, askAgain });
    return {
      ended: ended.promise,
      async sample(at, sink) {
        if (register.lookAtFunctions()) context.changed();
        await sample(at, sink);
        for (const point of guests?.take(at) ?? []) sink(point);
      },
      contribute: (view) => contribution(view, host, register, context),
    };
  } catch (thrown) {
    client.close();
    throw thrown;
  }
}

function contribution(
  view: HostView,
  host: Attributes,
  register: DomainRegister,
  { elements }: ProbeContext,
): Contribution {
  const { elements: own, attributes } = domainContribution(register.all, view, elements());
  return {
    elements: own,
    attributes: new Map<ElementId, Attributes>([...(attributes ?? []), [hostId(view.host), host]]),
  };
}

async function hostAttributes(client: LibvirtClient): Promise<Attributes> {
  const libvirt = versionText(await client.libraryVersion());
  // Without QEMU on the host libvirt does not know of its version.
  const qemu = await client.hypervisorVersion().catch(unlessBug);
  return { libvirt_version: libvirt, ...(qemu ? { qemu_version: versionText(qemu) } : {}) };
}

/** libvirt writes 9.1.2 as 9001002. */
function versionText(number: number): string {
  return [Math.floor(number / 1_000_000), Math.floor(number / 1000) % 1000, number % 1000].join(".");
}

function unlessBug(thrown: unknown): undefined {
  if (!(thrown instanceof OperatorError)) throw thrown;
  return undefined;
}

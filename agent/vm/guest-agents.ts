import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Log } from "../../core/log.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import type { GuestFacts } from "./domain-elements.ts";
import type { DomainRegister, TrackedDomain } from "./domain-register.ts";
import {
  enabledCommands,
  filesystemPoints,
  guestAddresses,
  insidePoint,
  parseReturn,
  textAt,
} from "./guest-agent-reply.ts";
import { type LibvirtClient, openLibvirt } from "./libvirt/libvirt-client.ts";
import { createToldMountpoints } from "./told-mountpoints.ts";

const ROUND_EVERY_MS = 60_000;
/** A guest that was just started is asked soon. */
const LOOK_EVERY_MS = 2_000;
/** What changes seldom. */
const FACTS_EVERY_MS = 600_000;
const COMMAND_TIMEOUT_S = 3;
/** A guest that did not answer is left alone: while libvirt waits for it, nobody else can use its agent. */
const QUIET_MS = 15 * 60_000;
/** So is one whose answers together took longer. */
const SLOW_MS = 4_000;

export interface GuestAgentsDeps {
  /** The socket that may change things: only there the agents of guests may be spoken to. */
  readonly socket: string;
  readonly register: DomainRegister;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
  readonly signal: AbortSignal;
}

export interface GuestAgents {
  /** What was read since the last time, with the time of now: half a minute old at most. */
  take(at: EpochMs): readonly Point[];
}

/** What is remembered of one guest, on the monotonic clock. */
interface Conversation {
  commands: ReadonlySet<string> | undefined;
  nextMs: number;
  factsMs: number;
}

const pointsOf = (point: Point | undefined): readonly Point[] => (point === undefined ? [] : [point]);

type Answer = (config: TrackedDomain["config"], at: EpochMs) => readonly Point[];

/**
 * Asks the agents inside of guests, one guest after the other, once a minute, with a few commands that only read. A guest
 * whose agent has not opened its channel is not asked. libvirt gives up waiting in its own time limit: with
 * `virDomainGetGuestInfo` it would wait for ever, and hold off snapshots of a guest that hangs.
 */
export function startGuestAgents(deps: GuestAgentsDeps): GuestAgents {
  const { register, clock, log, signal } = deps;
  const conversations = new Map<string, Conversation>();
  const answers = new Map<string, Answer>();
  const mountpoints = createToldMountpoints();
  let client: LibvirtClient | undefined;
  signal.addEventListener("abort", () => client?.close(), { once: true });
  void follow();

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      const talking = register.all.filter(({ config, state }) => config.hasGuestAgent && state === "running");
      const present = new Set(talking.map(({ config }) => config.uuid));
      for (const uuid of conversations.keys()) if (!present.has(uuid)) conversations.delete(uuid);
      mountpoints.forgetAllBut(new Set(register.all.map(({ config }) => config.uuid)));
      for (const domain of talking) {
        const held = conversations.get(domain.config.uuid) ?? { commands: undefined, nextMs: 0, factsMs: 0 };
        conversations.set(domain.config.uuid, held);
        if (held.nextMs > nowMs) continue;
        held.nextMs = nowMs + ROUND_EVERY_MS;
        await ask(domain, held, nowMs);
        if (signal.aborted) return;
      }
      await waitUnlessOver(LOOK_EVERY_MS, signal);
    }
  }

  async function ask(domain: TrackedDomain, held: Conversation, nowMs: number): Promise<void> {
    try {
      client ??= await openClient();
      const using = client;
      if (using === undefined) return;
      const command = commandOf(using, domain);
      held.commands ??= enabledCommands(await command("guest-info"));
      const startedMs = clock.monotonicMs();
      const asked = async (name: string) => (held.commands?.has(name) === true ? command(name) : undefined);
      const filesystems = await asked("guest-get-fsinfo");
      const [cpus, load] = [await asked("guest-get-cpustats"), await asked("guest-get-load")];
      answers.set(domain.config.uuid, (config, at) => [
        ...filesystemPoints(filesystems, config, at).filter(({ tags }) =>
          mountpoints.isTold(config.uuid, tags.mountpoint ?? ""),
        ),
        ...pointsOf(insidePoint({ cpus, load }, config, at)),
      ]);
      // One that takes its time over every answer would make all others wait.
      if (clock.monotonicMs() - startedMs > SLOW_MS) held.nextMs = nowMs + QUIET_MS;
      if (held.factsMs > nowMs) return;
      held.factsMs = nowMs + FACTS_EVERY_MS;
      domain.guest = await factsOf(domain, asked);
      deps.changed();
    } catch (thrown) {
      if (!(thrown instanceof OperatorError)) throw thrown;
      held.nextMs = nowMs + QUIET_MS;
      log.debug({ domain: domain.config.name, reason: thrown.message }, "guest agent did not answer");
    }
  }

  async function openClient(): Promise<LibvirtClient | undefined> {
    const opened = await openLibvirt(deps.socket, false, {
      onEvent: () => {},
      onClose: () => {
        client = undefined;
      },
    });
    // The session ended while it was opened: nobody else would close it.
    if (!signal.aborted) return opened;
    opened?.close();
    return undefined;
  }

  return {
    take(at) {
      const points = [...answers].flatMap(([uuid, answer]) => {
        const config = register.get(uuid)?.config;
        return config === undefined ? [] : answer(config, at);
      });
      answers.clear();
      return points;
    },
  };
}

function commandOf(client: LibvirtClient, { ref }: TrackedDomain): (name: string) => Promise<unknown> {
  return async (name) =>
    parseReturn(await client.agentCommand(ref, JSON.stringify({ execute: name }), COMMAND_TIMEOUT_S));
}

async function factsOf({ config }: TrackedDomain, asked: (name: string) => Promise<unknown>): Promise<GuestFacts> {
  return {
    os: textAt(await asked("guest-get-osinfo"), "pretty-name"),
    hostName: namedHost(textAt(await asked("guest-get-host-name"), "host-name")),
    addresses: guestAddresses(await asked("guest-network-get-interfaces"), config),
  };
}

/** What the kernel says of a host that has no name. */
const NO_NAME = "(none)";

function namedHost(name: string | undefined): string | undefined {
  return name === NO_NAME ? undefined : name;
}

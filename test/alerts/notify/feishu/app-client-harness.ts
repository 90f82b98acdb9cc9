import { type AppClientOptions, createAppClient } from "../../../../alerts/notify/feishu/app-client.ts";
import type { Call, FeishuApp, SentMessage } from "../../../../alerts/notify/feishu/app-port.ts";
import { systemTimers } from "../../../../alerts/timers.ts";
import type { Log } from "../../../../core/log.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import { type FakeFeishuApp, startFakeFeishuApp } from "../../../fakes/feishu/app-server.ts";
import type { AppOptions } from "../../../fakes/feishu/app-tenant.ts";
import { SimulatedTime } from "../../simulated-time.ts";

export const TRACE = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "b7ad6b7169203331" };
export const CALL: Call = { signal: new AbortController().signal, trace: TRACE };
export const OPS = { type: "chat_id", id: "oc_ops" } as const;

let sends = 0;
/** A card to the group of the harness, or as `more` has it. */
export function send(client: FeishuApp, more: object = {}) {
  return client.sendCard({ to: OPS, card: sharedCard(), uuid: `uuid-${sends++}`, ...more }, CALL);
}

export async function sentBy(client: FeishuApp): Promise<SentMessage> {
  const outcome = await send(client);
  if (outcome.kind !== "done") throw new Error(outcome.reason);
  return outcome.value;
}

/** Less than the emulator's pings are apart. */
export const IMPATIENT = { pingSeconds: 0.02, handshakeMs: 200 };

/** The real SDK against the emulator, both by one simulated clock; the client's timers are real unless others are given. */
export async function clientAndFeishu(
  given: {
    readonly client?: (feishu: FakeFeishuApp, time: SimulatedTime) => Partial<AppClientOptions>;
    readonly feishu?: Partial<AppOptions>;
  } = {},
) {
  const time = new SimulatedTime();
  const feishu = await startFakeFeishuApp({ nowMs: () => time.now(), ...given.feishu });
  feishu.addChat({ chatId: "oc_ops", members: ["ou_alice"] });
  const life = new AbortController();
  const lines: string[] = [];
  const options = { ...optionsFor(feishu, time, life.signal, lines), ...given.client?.(feishu, time) };
  const close = async () => {
    life.abort();
    await feishu.close();
  };
  return { time, feishu, life, lines, options, client: createAppClient(options), close };
}

function optionsFor(
  feishu: FakeFeishuApp,
  time: SimulatedTime,
  signal: AbortSignal,
  lines: string[],
): AppClientOptions {
  const { appId, appSecret } = feishu.options;
  const common = { language: "en", clock: time, timers: systemTimers, random: () => 0 } as const;
  return { appId, appSecret, domain: feishu.domain, log: logInto(lines), signal, ...common };
}

/** Everything that would be written, at every level. */
function logInto(lines: string[]): Log {
  const write = (level: string) => (fields: object, event: string) => {
    lines.push(JSON.stringify({ level, event, ...fields }));
  };
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: () => log,
  };
  return log;
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertTracing } from "../../alerts/alert-tracing.ts";
import type { ElementExists } from "../../alerts/element-of.ts";
import { createCustomBot } from "../../alerts/notify/feishu/custom-bot.ts";
import type { Receiver } from "../../alerts/notify/receiver.ts";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import type { QueryEngine } from "../../alerts/query-engine.ts";
import { scheduleOf, slotAt } from "../../alerts/schedule.ts";
import { type Alerts, startAlerts } from "../../alerts/start.ts";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { type Labels, METRIC_NAME } from "../../core/series.ts";
import { openEmbeddedState } from "../../store/embedded/state.ts";
import type { StateStore } from "../../store/state-store.ts";
import { type FakeCustomBot, startFakeCustomBot } from "../fakes/feishu/custom-bot-server.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { SimulatedTime } from "./simulated-time.ts";

export const INTERVAL_MS = 30_000;
export const SECRET = "bot-secret";

/** A folder with a rule file and a state file, simulated time that starts on a slot of `group`, and samples. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), "nephoscope-alerts-"));
  readonly rulesPath = join(this.folder, "rules.yaml");
  readonly statePath = join(this.folder, "state.db");
  readonly time: SimulatedTime;
  readonly samples = new MemoryMetricStore();
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(rules: string, group = "g") {
    this.writeRules(rules);
    const schedule = scheduleOf(group, INTERVAL_MS);
    this.time = new SimulatedTime(slotAt(schedule, epochMsOf(Date.UTC(2026, 0, 31, 2, 0, 0))));
  }

  writeRules(rules: string): void {
    writeFileSync(this.rulesPath, rules);
  }

  /** A sample now, and every 15 s for so long. */
  async feed(name: string, labels: Labels, value: number, forMs = 0): Promise<void> {
    const samples = [];
    for (let ms = 0; ms <= forMs; ms += 15_000) {
      samples.push({ labels: { [METRIC_NAME]: name, ...labels }, at: epochMsOf(this.time.now() + ms), value });
    }
    await this.samples.write({ samples });
  }

  async bot(): Promise<FakeCustomBot> {
    const bot = await startFakeCustomBot({ secret: SECRET, nowMs: () => this.time.now() });
    this.#ends.push(() => bot.close());
    return bot;
  }

  receiverFor(bot: FakeCustomBot, language: "en" | "zh" = "en"): Receiver {
    return createCustomBot({
      name: "feishu",
      webhookUrl: bot.webhookUrl,
      secret: SECRET,
      language,
      publicUrl: "https://page.example",
      clock: this.time,
      timers: this.time,
    });
  }

  /** The alert engine over the files of this workshop; `stop` ends it as a process would end. */
  async start(options: StartOptions = {}): Promise<Running> {
    const lifetime = new Lifetime();
    const state = openEmbeddedState(this.statePath);
    const stateStore = options.wrapStore?.(state) ?? state;
    const stop = async () => {
      await lifetime.end();
      state.close();
    };
    this.#ends.push(stop);
    const alerts = await startAlerts(
      {
        rulesPath: this.rulesPath,
        intervalMs: options.intervalMs ?? INTERVAL_MS,
        publicUrl: "https://page.example",
        stateStore,
        queryEngine: options.queryEngine ?? createPromqlEngine(this.samples),
        elementExists: options.elementExists ?? (() => undefined),
        receivers: options.receivers ?? [],
        clock: this.time,
        timers: this.time,
        random: () => 0,
        log: options.log ?? silentLog,
        tracing: options.tracing,
      },
      lifetime,
    );
    return { alerts, stop };
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface StartOptions {
  readonly receivers?: readonly Receiver[];
  readonly elementExists?: ElementExists;
  readonly queryEngine?: QueryEngine;
  readonly log?: Log;
  readonly tracing?: AlertTracing;
  readonly wrapStore?: (store: StateStore) => StateStore;
  /** Of groups that name none. */
  readonly intervalMs?: number;
}

export interface Running {
  readonly alerts: Alerts;
  readonly stop: () => Promise<void>;
}

/** A receiver that takes everything and remembers it. */
export function memoryReceiver(name = "memory"): Receiver & { readonly told: string[] } {
  const told: string[] = [];
  return {
    name,
    told,
    limits: { perSecond: 1_000, perMinute: 1_000 },
    send: async (notices) => {
      told.push(...notices.map(({ event, incident }) => `${event} ${incident.labels.host ?? incident.rule}`));
      return { kind: "sent" };
    },
  };
}

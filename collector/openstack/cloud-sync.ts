import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { RoundTracing } from "../pull/round-tracing.ts";
import { createHttpClient, type HttpClient } from "./api/http-client.ts";
import { RequestGate } from "./api/request-gate.ts";
import type { CloudAccess } from "./api/service-api.ts";
import { TokenKeeper } from "./api/token.ts";
import type { CloudSource } from "./cloud-source.ts";
import { readCloud } from "./clouds-file.ts";
import type { SyncProblem } from "./health.ts";
import { Names } from "./names.ts";
import { RegionSync } from "./region-sync.ts";
import { tellKnowledge } from "./tell-knowledge.ts";

export interface CloudDeps {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: RoundTracing;
  random(): number;
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** How a cloud is asked: its connections, its token, its bound of requests are its own. */
export function openAccess(
  source: CloudSource,
  clock: Clock,
): { readonly access: CloudAccess; readonly http: HttpClient } {
  const { authUrl, credentials, cloudsFile, ca, limits } = source;
  const http = createHttpClient({
    ca,
    timeoutMs: limits.requestMs,
    maxBytes: limits.bodyBytes,
    sockets: limits.inFlight,
    clock,
  });
  const gate = new RequestGate(limits, clock);
  // Asked for on behalf of all: no one round's end ends it, only its own deadline does.
  const { signal } = new AbortController();
  const ask = (question: Omit<Parameters<HttpClient["ask"]>[0], "signal">) => http.ask({ ...question, signal });
  const signIn = () =>
    cloudsFile === undefined ? { authUrl, credentials } : readCloud(cloudsFile.path, cloudsFile.cloud);
  const tokens = new TokenKeeper({ signIn, clock, ask });
  return { access: { http, gate, tokens, clock, interface: source.interface }, http };
}

/** One cloud, all its regions. */
export class CloudSync {
  readonly source: CloudSource;
  readonly #deps: CloudDeps;
  #regions: readonly RegionSync[] = [];
  /** Why it has not begun. */
  #problem: SyncProblem | undefined;

  constructor(source: CloudSource, deps: CloudDeps) {
    this.source = source;
    this.#deps = deps;
  }

  get regions(): readonly RegionSync[] {
    return this.#regions;
  }

  get problem(): SyncProblem | undefined {
    return this.#problem;
  }

  /** Until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { access, http } = openAccess(this.source, clock);
    // Whatever waits for an answer gets none any more.
    signal.addEventListener("abort", http.close, { once: true });
    const names = await this.#regionNames(access, signal);
    const shared = { ...this.#deps, source: this.source, regions: names, access, projects: new Names() };
    this.#regions = names.map((region, place) => new RegionSync({ ...shared, region, asksIdentity: place === 0 }));
    const { recorder } = this.#deps;
    const knowledge = tellKnowledge({ source: this.source, regions: this.#regions, recorder, clock, log }, signal);
    await Promise.all([knowledge, ...this.#regions.map((region) => region.run(signal))]);
    http.close();
  }

  /** Those of the configuration, or of the catalogue, which is asked for until it comes. */
  async #regionNames(access: CloudAccess, signal: AbortSignal): Promise<readonly string[]> {
    const { regions } = this.source;
    const { log, random } = this.#deps;
    if (regions.length > 0) return regions;
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const found = await this.#askRegions(access);
      if (found.length > 0) {
        this.#problem = undefined;
        return found;
      }
      if (!signal.aborted) log.warn({ ...this.#problem }, "openstack cloud is not known yet");
      await waitUnlessOver(pauseMs * (0.75 + random() / 2), signal);
    }
    return [];
  }

  async #askRegions({ tokens }: CloudAccess): Promise<readonly string[]> {
    try {
      const found = (await tokens.current()).catalogue.regions();
      if (found.length === 0) this.#problem = EMPTY_CATALOGUE;
      return found;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#problem = { kind: "other", reason: error.message, hint: error.hint };
      return [];
    }
  }
}

const EMPTY_CATALOGUE: SyncProblem = {
  kind: "not_found",
  reason: "the catalogue has neither compute nor network in any region",
  hint: "is the token of a project? `openstack catalog list` with the same credentials shows what there is",
};

import type { IncomingMessage, ServerResponse } from "node:http";
import { waitUnlessOver } from "../../../core/wait.ts";
import { type Fault, SERVICES, type ServiceName } from "./behaviour.ts";
import { type Answer, type Call, json, type Site } from "./call.ts";
import { answerCinder } from "./cinder.ts";
import { answerGlance } from "./glance.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { answerKeystone } from "./keystone.ts";
import { askedFor } from "./negotiate.ts";
import { answerNeutron } from "./neutron.ts";
import { answerNova } from "./nova.ts";
import { answerOctavia } from "./octavia.ts";
import { answerPlacement } from "./placement.ts";
import { computeFault, neutronError, serviceFailure, unauthenticated } from "./refusals.ts";
import { writeAnswer, writeInvalidJson, writeTruncated } from "./write-answer.ts";

/** Where each service is, below the cluster's origin: as DevStack and Apache put them, all behind one port. */
export const PLACES: { readonly [service in ServiceName]: string } = {
  identity: "/identity",
  compute: "/compute",
  network: "/networking",
  placement: "/placement",
  volume: "/volume",
  image: "/image",
  "load-balancer": "/load-balancer",
};

const ANSWERS: { readonly [service in ServiceName]: (site: Site, call: Call) => Answer } = {
  identity: answerKeystone,
  compute: answerNova,
  network: answerNeutron,
  placement: answerPlacement,
  volume: answerCinder,
  image: answerGlance,
  "load-balancer": answerOctavia,
};

const MOST_BODY_BYTES = 64 * 1_024;

export interface Reception {
  readonly site: Site;
  readonly cluster: number;
  readonly journal: Journal;
  readonly now: () => number;
  readonly meet: (service: ServiceName, path: string) => readonly Fault[];
  readonly signal: AbortSignal;
}

/** Reads a request, writes it down, and answers it as the cluster behaves now. */
export async function serveRequest(
  { site, cluster, journal, now, meet, signal }: Reception,
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", site.urlOf("identity"));
  const service = SERVICES.find((each) => url.pathname === PLACES[each] || url.pathname.startsWith(`${PLACES[each]}/`));
  const path = service === undefined ? url.pathname : withoutEnd(url.pathname.slice(PLACES[service].length));
  const body = await readBody(request);
  const method = request.method ?? "GET";
  const at = now();
  const entry = journal.write({
    ...{ at, cluster, service, method, path, query: url.search.slice(1), status: undefined },
    microversion: askedVersion(request, service),
  });
  if (service === undefined || site.behaviour().missingServices.includes(service)) {
    if (service === undefined)
      journal.blame({ at, cluster, request: `${method} ${url.pathname}`, what: "nothing is there" });
    return finish(entry, reply, json(404, { message: "Not Found" }), { isHead: method === "HEAD", faults: [] });
  }
  const faults = meet(service, path);
  for (const fault of faults) {
    if (fault.kind === "hang") return;
    if (fault.kind === "reset") return void request.socket.resetAndDestroy();
    if (fault.kind === "slow") await waitUnlessOver(fault.ms, signal);
  }
  if (reply.destroyed || signal.aborted) return;
  const call: Call = {
    ...{ method: method === "HEAD" ? "GET" : method, service, path, query: url.searchParams, headers: request.headers },
    ...{ body, selfUrl: `${url.origin}${url.pathname}`, now: at },
    blame: (what) => journal.blame({ at, cluster, request: `${method} ${url.pathname}${url.search}`, what }),
  };
  const answer = failureOf(site, call, faults) ?? ANSWERS[service](site, call);
  await finish(entry, reply, answer, { isHead: method === "HEAD", faults });
}

async function finish(
  entry: JournalEntry,
  reply: ServerResponse,
  answer: Answer,
  { isHead, faults }: { readonly isHead: boolean; readonly faults: readonly Fault[] },
): Promise<void> {
  entry.status = answer.status;
  if (faults.some(({ kind }) => kind === "truncated")) return writeTruncated(reply, answer);
  if (faults.some(({ kind }) => kind === "invalid-json")) return writeInvalidJson(reply, answer);
  await writeAnswer(reply, answer, isHead);
}

function failureOf(site: Site, call: Call, faults: readonly Fault[]): Answer | undefined {
  for (const fault of faults) {
    if (fault.kind === "error") return serviceFailure(call.service, fault.status);
    if (fault.kind === "busy") {
      return serviceFailure(call.service, fault.status, { "retry-after": String(fault.retryAfterSeconds) });
    }
    if (fault.kind === "unauthorized") return unauthenticated(site.urlOf("identity"));
    const marker = call.query.get("marker");
    if (fault.kind === "marker-gone" && marker !== null) return markerGone(call.service, marker);
  }
  return undefined;
}

function markerGone(service: ServiceName, marker: string): Answer {
  if (service === "network") return neutronError(404, "PortNotFound", `Port ${marker} could not be found.`);
  if (service === "volume") return computeFault(404, `Volume ${marker} could not be found.`);
  return computeFault(400, `marker [${marker}] not found`);
}

function askedVersion(request: IncomingMessage, service: ServiceName | undefined): string | undefined {
  if (service === undefined) return undefined;
  return askedFor(request, {
    service,
    legacyHeader: service === "compute" ? "x-openstack-nova-api-version" : undefined,
  });
}

/** What is beyond the bound is read and thrown away: nothing that a reader sends is that long. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MOST_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function withoutEnd(path: string): string {
  return path.replace(/\/+$/, "");
}

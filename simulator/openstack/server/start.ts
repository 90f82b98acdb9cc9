import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import type { Clock } from "../../../core/clock.ts";
import { messageOf, OperatorError } from "../../../core/errors.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import type { Cloud } from "../../cloud/cloud.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Drift, DriftPlan } from "../drift.ts";
import { Estate, type EstateOptions } from "../estate.ts";
import { RELEASES } from "../releases.ts";
import { type Behaviour, BehaviourSwitch, USUAL_BEHAVIOUR } from "./behaviour.ts";
import type { Site } from "./call.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { Journal } from "./journal.ts";
import { PLACES, type Reception, serveRequest } from "./serve-request.ts";
import { TokenStore } from "./tokens.ts";

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface OpenStackOptions extends EstateOptions {
  readonly cloud: Cloud;
  readonly chronicle: Chronicle;
  readonly clock: Clock;
  /** The address to listen at. */
  readonly host: string;
  /** Of the first cluster; each further one has the next. 0: any that are free. */
  readonly port: number;
  /** By which name clients know it; undefined: by the address. */
  readonly publicHost?: string | undefined;
  /** Undefined: plain HTTP. */
  readonly certificate?: KeyPair | undefined;
  readonly tokenLifeMs: number;
  readonly behaviour: Partial<Behaviour>;
}

export interface ClusterOpenStack {
  readonly cluster: number;
  /** Keystone's, with its version: what clients are configured with. */
  readonly authUrl: string;
  readonly estate: Estate;
  readonly behaviour: BehaviourSwitch;
  readonly tokens: TokenStore;
  /** `reader` has the role admin, `member` only what is its project's. */
  credentials(user?: "reader" | "member"): Credentials;
  /** Says what has been chosen: the answers. */
  setDrift(plan: DriftPlan): Drift;
  /** Shows another certificate from now on, to connections that are new; those that are open are closed. */
  showCertificate(pair: KeyPair): void;
}

export interface OpenStackServer {
  readonly clusters: readonly ClusterOpenStack[];
  readonly journal: Journal;
}

/** A server for each cluster. Errors: OperatorError `simulate.openstack` when one cannot listen. */
export async function startOpenStack(options: OpenStackOptions, lifetime: Lifetime): Promise<OpenStackServer> {
  const journal = new Journal();
  const clusters: ClusterOpenStack[] = [];
  for (const { index } of options.cloud.clusters)
    clusters.push(await startCluster(options, { index, journal }, lifetime));
  return { clusters, journal };
}

async function startCluster(
  options: OpenStackOptions,
  { index, journal }: { readonly index: number; readonly journal: Journal },
  lifetime: Lifetime,
): Promise<ClusterOpenStack> {
  const { cloud, chronicle, clock, certificate } = options;
  const estate = new Estate(cloud, index, chronicle, options);
  const behaviour = new BehaviourSwitch({ ...USUAL_BEHAVIOUR, ...options.behaviour });
  const tokens = new TokenStore(options.tokenLifeMs);
  let origin = "";
  const site: Site = {
    ...{ estate, tokens },
    behaviour: () => behaviour.now,
    release: () => RELEASES[behaviour.now.release],
    urlOf: (service) => `${origin}${PLACES[service]}`,
  };
  const reception: Reception = {
    ...{ site, cluster: index, journal, signal: lifetime.signal },
    now: () => clock.now(),
    meet: (service, path) => behaviour.meet(service, path),
  };
  const listener: RequestListener = (request, reply) => {
    serveRequest(reception, request, reply).catch((thrown: unknown) => {
      // A client that went away is nothing to tell of; a defect of ours is a connection that ends.
      reply.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    });
  };
  const secure = certificate === undefined ? undefined : createHttps(certificate, listener);
  const server = secure ?? createHttp(listener);
  const port = await listen(server, { host: options.host, port: options.port === 0 ? 0 : options.port + index });
  lifetime.defer(`OpenStack of cluster ${index + 1}`, () => close(server));
  origin = `${secure === undefined ? "http" : "https"}://${urlHost(options.publicHost ?? options.host)}:${port}`;
  return {
    ...{ cluster: index, estate, behaviour, tokens },
    authUrl: `${origin}${PLACES.identity}/v3`,
    credentials: (user = "reader") => credentialsOf(estate, user),
    setDrift: (plan) => estate.setDrift(plan),
    showCertificate: (pair) => {
      if (secure === undefined) throw new Error("plain HTTP has no certificate");
      secure.setSecureContext(pair);
      secure.closeAllConnections();
    },
  };
}

function listen(
  server: Server | HttpsServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new OperatorError({
          code: "simulate.openstack",
          message: `cannot serve OpenStack at ${host}:${port}: ${cause.message}`,
          hint: "give another address with --openstack, one that is this machine's and has free ports for all clusters",
          cause,
        }),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** What hangs is ended, too. */
function close(server: Server | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

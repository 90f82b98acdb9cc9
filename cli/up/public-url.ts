import { hostname } from "node:os";
import { isLoopback } from "../config/loopback.ts";
import type { Config } from "../config/schema.ts";

/** For links in messages, before anything listens; undefined where the system chooses the port and nobody says more. */
export function plannedUrlOf(config: Config): string | undefined {
  const { port, public_url } = config.listen;
  return port === 0 && public_url === undefined ? undefined : publicUrlOf(config, port);
}

/** Where people open the page: as configured, else as far as this machine can tell. */
export function publicUrlOf({ listen }: Config, port: number): string {
  if (listen.public_url !== undefined) return listen.public_url.replace(/\/+$/, "");
  const scheme = listen.tls_cert_file === undefined ? "http" : "https";
  const isEverywhere = listen.address === "0.0.0.0" || listen.address === "::";
  const host = isEverywhere ? hostname() : listen.address;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Where the agent of the same process reports to. */
export function ownUrlOf({ listen }: Config, port: number): string {
  const scheme = listen.tls_cert_file === undefined ? "http" : "https";
  const host = isLoopback(listen.address) ? listen.address : "127.0.0.1";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

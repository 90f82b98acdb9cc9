import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { createLineWriter, type LineWriter, type LineWriterOptions } from "../line-writing/line-writer.ts";
import { type InfluxConfig, influxTarget } from "./config.ts";
import { withRetention } from "./retention.ts";
import { createTransport } from "./transport.ts";

const TIMEOUT_MS = 10_000;

/** Writing the same lines again changes nothing. Errors: `config.invalid`. */
export function createInfluxWriter(
  config: InfluxConfig,
  options: LineWriterOptions,
  log: Log,
  lifetime: Lifetime,
): LineWriter {
  const target = influxTarget(config);
  const send = createTransport(target, { timeoutMs: options.timeoutMs ?? TIMEOUT_MS, connections: 2 }, lifetime);
  const writer = createLineWriter({ name: target.name, store: "influxdb", send }, options, log);
  return config.retention === undefined ? writer : withRetention(writer, target, config.retention);
}

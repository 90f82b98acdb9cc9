import { isIP } from "node:net";
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from "amqplib";
import { messageOf } from "../../../core/errors.ts";
import { waitUnlessOver } from "../../../core/wait.ts";
import type { NotificationSource } from "./broker-options.ts";

const CONNECT_LIMIT_MS = 10_000;
/** Noticed after two of them; the broker's default, a minute, would leave a dropped connection unseen for as long. */
const HEARTBEAT_SECONDS = 20;
const [AMQP_PORT, AMQPS_PORT] = [5_672, 5_671];

interface SessionParts {
  readonly source: NotificationSource;
  /** One of the source's. */
  readonly broker: string;
  readonly password: string;
  /** The queue is there and bound to these exchanges: no message from now on is missed. */
  onListening(exchanges: readonly string[]): void;
  /** Settles when the message may be acknowledged: false when it is not to be seen again. Must not reject. */
  onMessage(content: Buffer): Promise<boolean>;
}

/**
 * One connection to a broker: declares our queue, binds it and consumes it, until the connection ends or `signal` is aborted.
 * Rejects with what was wrong, unless it was aborted. Exchanges are never declared: their arguments are the services' own matter.
 */
export async function runBrokerSession(parts: SessionParts, signal: AbortSignal): Promise<void> {
  const connection = await open(parts);
  let cause: unknown;
  const closed = new Promise<void>((resolve) => connection.once("close", resolve));
  // An error is followed by the close.
  connection.on("error", (error: unknown) => {
    cause ??= error;
  });
  const close = () => void connection.close().catch(() => undefined);
  signal.addEventListener("abort", close, { once: true });
  try {
    if (signal.aborted) return;
    await consume(connection, parts, closed, signal);
    await closed;
  } catch (error) {
    cause ??= error;
  } finally {
    signal.removeEventListener("abort", close);
    await connection.close().catch(() => undefined);
  }
  if (!signal.aborted) throw cause ?? new Error("the broker closed the connection");
}

function open({ source, broker, password }: SessionParts): Promise<ChannelModel> {
  const { tls, vhost, username } = source;
  const url = new URL(`${tls === undefined ? "amqp" : "amqps"}://${broker}`);
  const port = url.port === "" ? (tls === undefined ? AMQP_PORT : AMQPS_PORT) : Number(url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const protocol = tls === undefined ? "amqp" : "amqps";
  return connect(
    { protocol, hostname, port, vhost, username, password, heartbeat: HEARTBEAT_SECONDS },
    {
      timeout: CONNECT_LIMIT_MS,
      clientProperties: { connection_name: "nephoscope notifications" },
      ...(tls === undefined ? {} : tlsOptions(tls, hostname)),
    },
  );
}

function tlsOptions({ ca, cert, key, serverName, isUnverified }: NonNullable<NotificationSource["tls"]>, host: string) {
  // An address is no name to ask for: the certificate is compared with the address itself.
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  return { ca, cert, key, ...(name === undefined ? {} : { servername: name }), rejectUnauthorized: !isUnverified };
}

async function consume(
  connection: ChannelModel,
  { source, onListening, onMessage }: SessionParts,
  closed: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { queue, limits } = source;
  const channel = await connection.createChannel();
  const failed = failureOf(channel);
  await Promise.race([failed, declareQueue(channel, source)]);
  let unbound = await bindAll(connection, channel, source, source.exchanges);
  await Promise.race([failed, channel.prefetch(limits.prefetch)]);
  const take = async (message: ConsumeMessage | null): Promise<void> => {
    // The queue was deleted under us.
    if (message === null) return void connection.close().catch(() => undefined);
    const isGood = await onMessage(message.content);
    try {
      if (isGood) channel.ack(message);
      else channel.reject(message, false);
    } catch {
      // The channel is closed: the message comes again, which is no harm.
    }
  };
  // From here the broker keeps what comes; whoever is told so begins to look before the first message.
  onListening(source.exchanges.filter((name) => !unbound.includes(name)));
  if (signal.aborted) return;
  await Promise.race([failed, channel.consume(queue, (message) => void take(message))]);
  const over = new AbortController();
  void Promise.race([closed, failed.catch(() => undefined)]).then(() => over.abort());
  while (unbound.length > 0 && !over.signal.aborted && !signal.aborted) {
    await waitUnlessOver(limits.exchangesEveryMs, over.signal);
    if (over.signal.aborted) break;
    const still = await bindAll(connection, channel, source, unbound);
    if (still.length < unbound.length) onListening(source.exchanges.filter((name) => !still.includes(name)));
    unbound = still;
  }
  await Promise.race([closed, failed]);
}

function declareQueue(channel: Channel, { queue, limits }: NotificationSource): Promise<unknown> {
  return channel.assertQueue(queue, {
    // Survives the broker's restart, during which services go on notifying.
    durable: true,
    expires: limits.awayMs,
    messageTtl: limits.awayMs,
    maxLength: limits.queueLength,
  });
}

/** Binds the queue to those exchanges that are there; the others are given back. */
async function bindAll(
  connection: ChannelModel,
  channel: Channel,
  { queue, topics }: NotificationSource,
  exchanges: readonly string[],
): Promise<readonly string[]> {
  const absent: string[] = [];
  for (const exchange of exchanges) {
    if (!(await isThere(connection, exchange))) absent.push(exchange);
    else for (const topic of topics) await channel.bindQueue(queue, exchange, `${topic}.*`);
  }
  return absent;
}

/** Asking for what is not there closes the channel, so it is asked on one of its own. */
async function isThere(connection: ChannelModel, exchange: string): Promise<boolean> {
  const channel = await connection.createChannel();
  const failed = failureOf(channel);
  failed.catch(() => undefined);
  try {
    await channel.checkExchange(exchange);
    await channel.close();
    return true;
  } catch (error) {
    if (/NOT_FOUND/.test(messageOf(error))) return false;
    throw error;
  }
}

/** Rejects when the broker closes the channel for an error of ours. */
function failureOf(channel: Channel): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => channel.once("error", reject));
  failed.catch(() => undefined);
  return failed;
}

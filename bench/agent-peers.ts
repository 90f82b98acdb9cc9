import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { eventually } from "../test/fixtures/eventually.ts";
import { answers, end } from "../test/integration/fixtures/server-process.ts";
import { type CollectdPlaces, collectdConfig, netdataConfig } from "./agent-peer-configs.ts";
import { type ProcessCost, watchCost } from "./process-cost.ts";

const INTERVAL_MS = 10_000;
const LOOPBACK = "127.0.0.1";
const [EXPORTER_PORT, COLLECTD_PORT, NETDATA_PORT] = [19_100, 25_826, 19_999];

export interface PeerRunOptions {
  readonly folder: string;
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly roundMs: number;
}

export interface PeerRun {
  readonly cost: ProcessCost;
  /** In the peer's own words, of one moment. */
  readonly series: readonly string[];
  /** Of a sample as it goes over the network; undefined where nothing is sent. */
  readonly bytesOfSample: number | undefined;
}

export interface Peer {
  readonly name: string;
  /** How it is run. */
  readonly how: string;
  run(options: PeerRunOptions): Promise<PeerRun>;
}

export const PEERS: readonly Peer[] = [
  {
    name: "node_exporter",
    how: "its collectors and --collector.processes, scraped every 10 s",
    run: runExporter,
  },
  {
    name: "collectd",
    how: "plugins for what a host has, OVS and libvirt among them, every 10 s over UDP",
    run: runCollectd,
  },
  {
    name: "netdata 10 s",
    how: "all its plugins, every 10 s, kept on the host",
    run: (options) => runNetdata(options, 10),
  },
  {
    name: "netdata 1 s",
    how: "as it is installed: every second",
    run: (options) => runNetdata(options, 1),
  },
];

async function runExporter(options: PeerRunOptions): Promise<PeerRun> {
  const listen = `--web.listen-address=${LOOPBACK}:${EXPORTER_PORT}`;
  const exporter = spawn("prometheus-node-exporter", ["--collector.processes", listen], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const url = `http://${LOOPBACK}:${EXPORTER_PORT}/metrics`;
  let series: readonly string[] = [];
  let bytesOfSample = 0;
  const scrape = async () => {
    const body = await gzippedBody(url);
    bytesOfSample = body.length;
    series = expositionSeries(gunzipSync(body).toString());
  };
  try {
    await answers(`http://${LOOPBACK}:${EXPORTER_PORT}/`, exporter);
    const timer = setInterval(() => void scrape(), INTERVAL_MS);
    await wait(options.warmUpMs);
    const cost = await watchCost(exporter.pid ?? 0, options.rounds, options.roundMs);
    clearInterval(timer);
    await scrape();
    return { cost, series, bytesOfSample };
  } finally {
    await end(exporter, "SIGKILL");
  }
}

/** As it goes over the network, which `fetch` does not show. */
async function gzippedBody(url: string): Promise<Buffer> {
  const [reply] = await once(get(url, { headers: { "Accept-Encoding": "gzip" } }), "response");
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function runCollectd(options: PeerRunOptions): Promise<PeerRun> {
  const places: CollectdPlaces = { folder: options.folder, socket: join(options.folder, "collectd.sock") };
  const config = join(options.folder, "collectd.conf");
  writeFileSync(config, collectdConfig(places, COLLECTD_PORT));
  let bytes = 0;
  const receiver = createSocket("udp4", ({ length }) => {
    bytes += length;
  }).bind(COLLECTD_PORT, LOOPBACK);
  const collectd = spawn("collectd", ["-f", "-C", config, "-P", join(options.folder, "collectd.pid")], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    await eventually(async () => (await collectdSeries(places.socket).catch(() => [])).length > 0, {
      withinMs: 60_000,
      what: "collectd's first values",
    });
    await wait(options.warmUpMs);
    bytes = 0;
    const cost = await watchCost(collectd.pid ?? 0, options.rounds, options.roundMs);
    const bytesOfSample = bytes === 0 ? undefined : bytes / ((options.rounds * options.roundMs) / INTERVAL_MS);
    return { cost, series: await collectdSeries(places.socket), bytesOfSample };
  } finally {
    await end(collectd, "SIGKILL");
    receiver.close();
  }
}

/** `LISTVAL` of collectd-unixsock(5): a line `<time> <host>/<plugin>/<type>` each. */
function collectdSeries(path: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.end("LISTVAL\n"));
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text.split("\n").slice(1, -1)));
  });
}

async function runNetdata(options: PeerRunOptions, everySeconds: number): Promise<PeerRun> {
  const folder = join(options.folder, `netdata-${everySeconds}`);
  for (const name of ["cache", "lib", "log", "etc"]) mkdirSync(join(folder, name), { recursive: true });
  const config = join(folder, "netdata.conf");
  writeFileSync(config, netdataConfig({ folder, everySeconds, port: NETDATA_PORT }));
  const netdata = spawn("netdata", ["-D", "-c", config], { stdio: ["ignore", "ignore", "ignore"] });
  const url = `http://${LOOPBACK}:${NETDATA_PORT}/api/v1`;
  try {
    await answers(`${url}/info`, netdata, { withinMs: 60_000, debianPackage: "netdata-core" });
    await wait(options.warmUpMs);
    const cost = await watchCost(netdata.pid ?? 0, options.rounds, options.roundMs);
    const reply = await fetch(`${url}/allmetrics?format=prometheus`);
    return { cost, series: expositionSeries(await reply.text()), bytesOfSample: undefined };
  } finally {
    // It ends its plugins in turn.
    await end(netdata, "SIGTERM");
  }
}

/** Of Prometheus' text format. */
function expositionSeries(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => /^[^{ ]+(?:\{.*\})?/.exec(line)?.[0] ?? line);
}

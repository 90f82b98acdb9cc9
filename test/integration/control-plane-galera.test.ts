import { afterAll, beforeAll, expect, test } from "vitest";
import { type Galera, startGalera } from "./fixtures/galera.ts";
import type { MariaDb } from "./fixtures/mariadb.ts";
import { is, isThere, type WatchedServices, watchServices } from "./fixtures/watched-services.ts";

// Two real nodes of Galera, the second filled by the first, asked through the real exporter; with the rules that come along.

let [galera, joined]: [Galera?, MariaDb?] = [];
let watched: WatchedServices;

beforeAll(async () => {
  galera = await startGalera();
  joined = await galera.join();
  watched = await watchServices([{ kind: "mysql", targets: [galera.first.exporter, joined.exporter] }]);
});
afterAll(async () => {
  await watched?.stop();
  await Promise.all([galera?.first.stop(), joined?.stop()]);
});

const at = (name: string, db: MariaDb | undefined) => `${name}{instance="${db?.exporter}"}`;
const of =
  (db: MariaDb | undefined) =>
  ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
    labels.instance === db?.exporter;

test("Galera with two nodes says so on each, and is no alert", async () => {
  for (const node of [galera?.first, joined]) {
    await watched.becomes(at("mysql_global_status_wsrep_cluster_size", node), is(2));
    await watched.becomes(at("mysql_global_status_wsrep_cluster_status", node), is(1));
    await watched.becomes(at("mysql_global_status_wsrep_ready", node), is(1));
    // Synced.
    await watched.becomes(at("mysql_global_status_wsrep_local_state", node), is(4));
  }
  expect(await watched.ask('ALERTS{alertname=~"Galera.*"}')).toEqual([]);
});

test("Galera without one of two has no primary component any more; bootstrapped, the other works alone", async () => {
  await joined?.kill();
  await watched.becomes(at("mysql_global_status_wsrep_cluster_status", galera?.first), is(0));
  const incident = await watched.fires("GaleraNotPrimary", of(galera?.first));
  expect(incident).toMatchObject({
    severity: "critical",
    summary: `Galera's node ${galera?.first.exporter} is not in the primary component, or not ready`,
    description: expect.stringContaining("bootstrap from that one alone"),
  });
  await watched.fires("MysqlDown", of(joined));
  galera?.first.sql("set global wsrep_provider_options = 'pc.bootstrap=YES'");
  await watched.clears(incident);
  await watched.becomes(at("mysql_global_status_wsrep_cluster_size", galera?.first), is(1));
  await watched.becomes(at("mysql_up", galera?.first), isThere);
});

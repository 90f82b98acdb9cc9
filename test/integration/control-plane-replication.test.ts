import { afterAll, beforeAll, expect, test } from "vitest";
import { type MariaDb, startMariaDb } from "./fixtures/mariadb.ts";
import { is, type WatchedServices, watchServices } from "./fixtures/watched-services.ts";

// A real database and its replica, asked through the real exporter; what goes wrong is told by the rules that come along.

let [primary, replica]: [MariaDb?, MariaDb?] = [];
let watched: WatchedServices;

beforeAll(async () => {
  const server = (id: number) => startMariaDb({ flags: [`--server-id=${id}`, "--log-bin=binlog"] });
  [primary, replica] = await Promise.all([server(1), server(2)]);
  primary.sql("create user replica@127.0.0.1 identified by 'pw'; grant replication slave on *.* to replica@127.0.0.1");
  // What both have from their start is not told again.
  primary.sql("reset master");
  const connection = `master_port=${primary.port}, master_user='replica', master_password='pw', master_connect_retry=1`;
  replica.sql(`change master to master_host='127.0.0.1', ${connection}; start slave`);
  watched = await watchServices([{ kind: "mysql", targets: [primary.exporter, replica.exporter] }]);
});
afterAll(async () => {
  await watched?.stop();
  await Promise.all([primary?.stop(), replica?.stop()]);
});

const at = (name: string, db: MariaDb | undefined) => `${name}{instance="${db?.exporter}"}`;
const of =
  (db: MariaDb | undefined) =>
  ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
    labels.instance === db?.exporter;

test("a replica that follows is told as running and not behind, and is no alert; a primary has no such figures", async () => {
  await watched.becomes(at("mysql_slave_status_slave_sql_running", replica), is(1));
  await watched.becomes(at("mysql_slave_status_slave_io_running", replica), is(1));
  await watched.becomes(at("mysql_slave_status_seconds_behind_master", replica), is(0));
  expect(await watched.ask(at("mysql_slave_status_slave_sql_running", primary))).toEqual([]);
  expect(await watched.ask("ALERTS")).toEqual([]);
});

test("a replica that meets a row it has already has stopped, until somebody skips it", async () => {
  replica?.sql("insert into nova.instances values (3, 3)");
  primary?.sql("insert into nova.instances values (3, 3)");
  await watched.becomes(at("mysql_slave_status_slave_sql_running", replica), is(0));
  // ER_DUP_ENTRY.
  await watched.becomes(at("mysql_slave_status_last_sql_errno", replica), is(1062));
  const incident = await watched.fires("MysqlReplicationStopped", of(replica));
  expect(incident).toMatchObject({
    severity: "critical",
    summary: `Replication to MySQL at ${replica?.exporter} has stopped`,
    description: expect.stringContaining("Last_SQL_Error"),
  });
  replica?.sql("set global sql_slave_skip_counter = 1; start slave");
  expect(await watched.clears(incident)).toMatchObject({ resolved_because: "recovered" });
});

// As long as the rule is patient, in real time: MariaDB takes the time a statement lasted off its age.
test("a replica that waits for a lock is behind, until it has caught up", async () => {
  const holder = replica?.session("lock tables nova.instances read; select sleep(100)");
  await watched.becomes(at("mysql_global_status_threads_connected", replica), ([now]) => (now?.value ?? 0) >= 2);
  primary?.sql("insert into nova.instances values (4, 4)");
  const incident = await watched.fires("MysqlReplicationLag", of(replica));
  expect(incident.severity).toBe("warning");
  expect(incident.summary).toMatch(/^MySQL at 127\.0\.0\.1:\d+ is 3\ds behind$/);
  holder?.kill("SIGKILL");
  await watched.clears(incident);
  await watched.becomes(at("mysql_slave_status_seconds_behind_master", replica), is(0));
});

test("a replica whose primary is gone has stopped, too, and the primary is down", async () => {
  await primary?.kill();
  await watched.becomes(at("mysql_slave_status_slave_io_running", replica), is(0));
  await watched.fires("MysqlReplicationStopped", of(replica));
  expect((await watched.fires("MysqlDown", of(primary))).summary).toBe(
    `MySQL behind the exporter ${primary?.exporter} does not answer`,
  );
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { checkConfigCommand } from "../../cli/commands/check-config.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { openStackClouds } from "../../cli/up/openstack-clouds.ts";
import { systemClock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { fakeCertificates } from "../fakes/openstack/certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "nephoscope-notifications-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: unknown): string => {
  const path = join(folder, "nephoscope.yaml");
  writeFileSync(path, stringify(content));
  return path;
};

const notifications = { brokers: ["amqp://broker:5672"], user: "nephoscope", password_file: "/s" };
const cloudWith = (change: object, cluster = "a") => ({
  ...{ cluster, auth_url: "https://keystone:5000/v3" },
  ...{ application_credential_id: "i", application_credential_secret_file: "/s" },
  notifications: { ...notifications, ...change },
});

const problemsOf = (...clouds: readonly object[]): string => {
  try {
    loadConfig({ file: file({ openstack: clouds }), env: {}, flags: [] });
    return "";
  } catch (error) {
    return error instanceof OperatorError ? error.message : String(error);
  }
};

test.each([
  ["no broker", { brokers: [] }, "openstack.0.notifications.brokers"],
  ["a broker without a scheme", { brokers: ["broker:5672"] }, "openstack.0.notifications.brokers.0: is no broker"],
  ["a broker by HTTP", { brokers: ["http://broker"] }, "write it as amqps://"],
  ["a port that is none", { brokers: ["amqp://broker:99999"] }, "openstack.0.notifications.brokers.0: is no broker"],
  ["a password in a broker", { brokers: ["amqp://u:hunter2@broker"] }, "give user and password_file instead"],
  ["a vhost in a broker", { brokers: ["amqp://broker/nova"] }, "give the virtual host as vhost"],
  ["options in a broker", { brokers: ["amqp://broker?heartbeat=3"] }, "has options in it"],
  ["brokers with and without TLS", { brokers: ["amqps://a", "amqp://b"] }, "some amqp and some amqps"],
  ["an authority without TLS", { ca_file: "/ca.pem" }, "openstack.0.notifications.ca_file: is of no use without TLS"],
  ["no user", { user: undefined }, "openstack.0.notifications.user"],
  ["no password", { password_file: undefined }, "openstack.0.notifications.password_file: is required"],
  ["a password twice", { password: "hunter2" }, "not both"],
  ["a queue of the services", { queue: "notifications.info" }, "is the services' own"],
  ["a priority in a topic", { topics: ["notifications.info"] }, "openstack.0.notifications.topics.0: has a priority"],
  ["no exchange", { exchanges: [] }, "openstack.0.notifications.exchanges"],
  ["insecure", { insecure: true }, "openstack.0.notifications.insecure (nephoscope.yaml"],
])("%s is refused by its path", (_what, change, expected) => {
  const problems = problemsOf(cloudWith(change));
  expect(problems.replaceAll(`${folder}/`, "")).toContain(expected);
  expect(problems).not.toContain("hunter2");
});

test("one queue of two clouds is refused where they share a broker and a vhost", () => {
  const same = { queue: "mine" };
  expect(problemsOf(cloudWith(same), cloudWith(same, "b"))).toContain(
    "openstack.1.notifications.queue: is that of openstack.0",
  );
  expect(problemsOf(cloudWith(same), cloudWith({ ...same, vhost: "b" }, "b"))).toBe("");
  expect(problemsOf(cloudWith(same), cloudWith({ ...same, brokers: ["amqp://other"] }, "b"))).toBe("");
  expect(problemsOf(cloudWith({}), cloudWith({}, "b"))).toBe("");
});

test("what is left out has a value, and each cloud a queue of its own that names this collector", () => {
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, fakeCertificates().authority);
  const secure = cloudWith({ brokers: ["amqps://a:5671", "amqps://[::1]"], ca_file: ca, vhost: "openstack" }, "b");
  const config = loadConfig({ file: file({ openstack: [cloudWith({}), secure] }), env: {}, flags: [] });
  expect(openStackClouds(config).map((cloud) => cloud.notifications)).toEqual([
    expect.objectContaining({
      ...{ cluster: "a", brokers: ["broker:5672"], vhost: "/", username: "nephoscope", tls: undefined },
      exchanges: ["nova", "neutron", "cinder", "octavia", "keystone", "openstack"],
      topics: ["notifications", "versioned_notifications"],
      queue: `nephoscope.${hostname()}.a`,
    }),
    expect.objectContaining({
      ...{ brokers: ["a:5671", "[::1]"], vhost: "openstack", queue: `nephoscope.${hostname()}.b` },
      tls: { ca: fakeCertificates().authority, isUnverified: false },
    }),
  ]);
});

test("check-config --openstack tries the brokers as well as the cloud, and fails for each that is away", async () => {
  const [printed, errors]: [string[], string[]] = [[], []];
  const context = {
    env: {},
    clock: systemClock,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  const password = join(folder, "password");
  writeFileSync(password, "hunter2\n");
  const away = { brokers: ["amqp://127.0.0.1:1", "amqp://127.0.0.1:2"], password_file: password };
  const cloud = { ...cloudWith(away), auth_url: "http://127.0.0.1:1/v3" };
  const code = await checkConfigCommand.run(["--openstack", "--config", file({ openstack: [cloud] })], context);
  expect(code).toBe(1);
  expect(errors.filter((line) => line.includes("the broker 127.0.0.1:"))).toEqual([
    expect.stringMatching(/openstack a: the broker 127\.0\.0\.1:1: .*ECONNREFUSED.*\n {2}does RabbitMQ run there/),
    expect.stringContaining("127.0.0.1:2"),
  ]);
  expect(errors.join("\n")).not.toContain("hunter2");
});

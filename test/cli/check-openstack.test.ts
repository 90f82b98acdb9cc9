import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { checkConfigCommand } from "../../cli/commands/check-config.ts";
import { loadConfig } from "../../cli/config/load.ts";
import { openStackClouds } from "../../cli/up/openstack-clouds.ts";
import { openAccess } from "../../collector/openstack/cloud-sync.ts";
import { systemClock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../fakes/openstack/start.ts";

const folder = mkdtempSync(join(tmpdir(), "nephoscope-openstack-"));
const lifetime = new Lifetime();
let fake: FakeOpenStack;
beforeAll(async () => {
  fake = await startFakeOpenStack({}, lifetime);
});
afterAll(async () => {
  await lifetime.end();
  rmSync(folder, { recursive: true });
});

const file = (content: unknown): string => {
  const path = join(folder, "nephoscope.yaml");
  writeFileSync(path, stringify(content));
  return path;
};
const passwordFile = (text: string): string => {
  const path = join(folder, "password");
  writeFileSync(path, `${text}\n`);
  return path;
};

async function checked(openstack: readonly object[]) {
  const [printed, errors]: [string[], string[]] = [[], []];
  const context = {
    env: {},
    clock: systemClock,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  return {
    code: await checkConfigCommand.run(["--openstack", "--config", file({ openstack })], context),
    printed: printed.join("\n"),
    errors: errors.join("\n"),
  };
}

const cloudOf = (user: "reader" | "member", password?: string) => {
  const { username, project, password: own } = fake.credentials(0, user);
  return {
    cluster: "os",
    auth_url: fake.authUrl(),
    user: username,
    project,
    password_file: passwordFile(password ?? own),
  };
};

test("--openstack signs in to each cloud and says what it is allowed", async () => {
  const well = await checked([cloudOf("reader")]);
  expect(well.errors).toBe("");
  expect([well.code, well.printed]).toEqual([0, expect.stringContaining("openstack os answers: regions ")]);
  const limited = await checked([cloudOf("member")]);
  expect(limited.code).toBe(1);
  const missing = [...limited.errors.matchAll(/ no (.+?): /g)].map(([, what]) => what);
  expect(missing).toEqual([
    "projects",
    "servers of all projects",
    "hosts of servers",
    ...["compute services", "hypervisors", "availability zones", "aggregates", "quotas of servers"],
    ...["bindings of ports", "agents", "quotas of networks"],
    "allocation ratios",
    ...["volumes of other projects", "volume services", "volume pools", "quotas of volumes"],
    "load balancers of other projects",
  ]);
  const refused = await checked([cloudOf("reader", "wrong-password")]);
  expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining("HTTP status 401")]);
  expect(refused.errors).not.toContain("wrong-password");
  expect(fake.journal.violations).toEqual([]);
});

test("--openstack signs in by a clouds.yaml, reads it anew for each token, and names file and key of what is wrong", async () => {
  const [clouds, secure] = [join(folder, "clouds.yaml"), join(folder, "secure.yaml")];
  const { username, password, project, applicationCredential } = fake.credentials(0);
  const write = (path: string, cloud: object) => writeFileSync(path, stringify({ clouds: { north: cloud } }));
  const auth = {
    auth_url: fake.authUrl(),
    username,
    project_name: project,
    user_domain_id: "default",
    project_domain_id: "default",
  };
  // What cannot be read ends the command, as a file of certificates does.
  const tried = (openstack: readonly object[]) =>
    checked(openstack).catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      return { code: 1, errors: `${error.message}; ${error.hint}` };
    });
  const own = [{ cluster: "os", clouds_file: clouds, cloud: "north" }];
  write(clouds, { auth, interface: "publicURL" });
  expect((await tried(own)).errors).toContain(`${clouds}: clouds.north.auth.password is not there`);
  write(secure, { auth: { password } });
  const well = await tried(own);
  expect([well.code, well.errors]).toEqual([0, ""]);
  write(clouds, { auth, region_name: "elsewhere" });
  expect((await tried(own)).errors).toContain("elsewhere");
  write(clouds, { auth, verify: false });
  const unsafe = await tried(own);
  expect([unsafe.code, unsafe.errors]).toEqual([1, expect.stringContaining("clouds.north.verify is false")]);
  expect((await tried([{ ...own[0], cloud: "south" }])).errors).toContain("clouds.south is not there");
  const { id, secret } = applicationCredential;
  write(secure, { auth: { application_credential_secret: secret } });
  write(clouds, {
    auth_type: "v3applicationcredential",
    auth: { auth_url: fake.authUrl(), application_credential_id: id },
  });
  expect((await tried(own)).code).toBe(0);
  writeFileSync(clouds, `clouds: {north: {auth: {password: "hunter2"\n`);
  const broken = await tried(own);
  expect(broken.errors).toContain(`${clouds} is no YAML`);
  expect(broken.errors).not.toContain("hunter2");
});

test("a password that is another in clouds.yaml is that of the next token", async () => {
  const clouds = join(folder, "renewed", "clouds.yaml");
  mkdirSync(join(folder, "renewed"));
  const { username, password, project } = fake.credentials(0);
  const write = (text: string) =>
    writeFileSync(
      clouds,
      stringify({
        clouds: { north: { auth: { auth_url: fake.authUrl(), username, password: text, project_name: project } } },
      }),
    );
  write("old");
  const [source] = openStackClouds(
    loadConfig({
      file: file({ openstack: [{ cluster: "os", clouds_file: clouds, cloud: "north" }] }),
      env: {},
      flags: [],
    }),
  );
  if (source === undefined) throw new Error("no cloud");
  write(password);
  const { access, http } = openAccess(source, systemClock);
  await expect(access.tokens.current()).resolves.toMatchObject({ text: expect.any(String) });
  http.close();
});

const credential = { application_credential_id: "i", application_credential_secret_file: "/s" };
const cloud = { cluster: "a", auth_url: "https://keystone:5000/v3", ...credential };
const problemsOf = (openstack: readonly object[]): string => {
  try {
    loadConfig({ file: file({ openstack }), env: {}, flags: [] });
    return "";
  } catch (error) {
    return error instanceof OperatorError ? error.message : String(error);
  }
};

test.each([
  ["no credentials", { cluster: "a", auth_url: cloud.auth_url }, "openstack.0.user: is required"],
  [
    "a user without a password",
    {
      ...cloud,
      application_credential_id: undefined,
      application_credential_secret_file: undefined,
      user: "u",
      project: "p",
    },
    "openstack.0.password_file",
  ],
  [
    "a secret without its id",
    { ...cloud, application_credential_id: undefined },
    "openstack.0.application_credential_id",
  ],
  ["a secret twice", { ...cloud, application_credential_secret: "x" }, "give either application_credential_secret or"],
  ["both kinds of credentials", { ...cloud, user: "u" }, "is not needed with application_credential_id"],
  ["a clouds_file without a cloud", { cluster: "a", clouds_file: "/c.yaml" }, "openstack.0.cloud: is required"],
  ["a cloud without clouds_file", { ...cloud, cloud: "x" }, "openstack.0.cloud: is a name in clouds_file"],
  [
    "what is in clouds_file as well",
    { ...cloud, clouds_file: "/c.yaml", cloud: "x" },
    "openstack.0.auth_url: is in clouds_file",
  ],
  ["no Keystone at all", { cluster: "a", ...credential }, "openstack.0.auth_url: is required"],
  ["an address that is none", { ...cloud, auth_url: "keystone:5000" }, "openstack.0.auth_url"],
  ["a password in the address", { ...cloud, auth_url: "https://u:hunter2@k/v3" }, "has a password in it"],
  ["version 2 of Keystone", { ...cloud, auth_url: "https://k/v2.0" }, "version 3 is asked"],
  [
    "looks that are rarer than whole readings",
    { ...cloud, full_interval_seconds: 30, poll_interval_seconds: 60 },
    "openstack.0.poll_interval_seconds",
  ],
  ["insecure", { ...cloud, insecure: true }, "openstack.0.insecure (nephoscope.yaml"],
])("%s is refused by its path", (_what, section, expected) => {
  const problems = problemsOf([section]);
  expect(problems.replaceAll(`${folder}/`, "")).toContain(expected);
  expect(problems).not.toContain("hunter2");
});

test("two clouds of one cluster are refused, and each cluster's cloud has what its section says", () => {
  expect(problemsOf([cloud, cloud])).toContain("openstack.1.cluster: is that of openstack.0");
  const config = loadConfig({
    file: file({ openstack: [cloud, { ...cloud, cluster: "b", poll_interval_seconds: 5 }] }),
    env: {},
    flags: [],
  });
  expect(openStackClouds(config)).toMatchObject([
    { cluster: "a", fullEveryMs: 600_000, pollEveryMs: 20_000, credentials: { kind: "application_credential" } },
    { cluster: "b", pollEveryMs: 5_000 },
  ]);
});

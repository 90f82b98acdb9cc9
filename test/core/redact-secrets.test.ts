import { expect, test } from "vitest";
import { isSecretName, redactSecrets } from "../../core/redact-secrets.ts";

test.each([
  ["transport_url=rabbit://nova:s3cr3t@10.0.0.1:5672,nova:s3cr3t@10.0.0.2:5672/", "s3cr3t"],
  ["Can't connect to mysql+pymysql://nova:p%40ss@db/nova?charset=utf8", "p%40ss"],
  ["proxy http://u:a/b@proxy:3128 refused", "a/b"],
  ["login failed, password=hunter2, user=x", "hunter2"],
  ["{'adminPass': 'x', 'admin_password': 'hunter2'}", "hunter2"],
  ['{"auth": {"passwd": "hunter2"}}', "hunter2"],
  ["curl -H 'X-Auth-Token: abcdef123456'", "abcdef123456"],
  ["Authorization: Bearer abc.def-123456", "abc.def-123456"],
  ["'authorization': 'Basic bm92YTpzM2NyM3Q='", "bm92YTpzM2NyM3Q"],
  ["metadata_proxy_shared_secret = hunter2", "hunter2"],
  [`GET /v3/auth/tokens/gAAAAAB${"x1_-".repeat(20)} 404`, "x1_-x1_-"],
])("%s is told without its secret", (line, secret) => {
  expect(line).toContain(secret);
  expect(redactSecrets(line)).not.toContain(secret);
  expect(redactSecrets(line)).toContain("***");
  expect(redactSecrets(redactSecrets(line))).toBe(redactSecrets(line));
});

test.each([
  "2026-11-30 23:01:35.123 1 ERROR nova.compute [req-1 - - - - -] AMQP server on 10.0.0.1:5672 is unreachable: timed out",
  "bridge|ERR|could not open network device tap1 (No such device), tcp:127.0.0.1:6633",
  "see https://docs.openstack.org/a:b for tokens",
  "Basic networking is not there for the bearer of this",
  "mail to a@b.c, user d@e.f",
])("%s has nothing to hide", (line) => expect(redactSecrets(line)).toBe(line));

test("names that hold secrets", () => {
  const names = [
    "psk",
    "ipsec.psk",
    "api_key",
    "rbd_secret",
    "remote_ip",
    "psk_file_count",
    "key",
    "db_password",
    "Passwd",
  ];
  expect(names.filter(isSecretName)).toEqual(["psk", "ipsec.psk", "api_key", "rbd_secret", "db_password", "Passwd"]);
});

import { afterAll, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { clientOf } from "./client.ts";

const lifetime = new Lifetime();
afterAll(() => lifetime.end());

test("servers of an image are those made from it, without those that start from a volume", async () => {
  const fake = await startFakeOpenStack({}, lifetime);
  const client = await clientOf(fake);
  const version = { "openstack-api-version": "compute 2.88" };
  const servers = async (query: string) =>
    (await client.get(`${client.url("compute")}/servers/detail?all_tenants=1${query}`, version)).body.servers;
  const all: readonly { id: string; image: { id: string } | "" }[] = await servers("");
  const image = all.flatMap((server) => (server.image === "" ? [] : server.image.id))[0];
  const own = all.filter((server) => server.image !== "" && server.image.id === image);
  expect(own.length).toBeLessThan(all.length);
  expect(await servers(`&image=${image}`)).toEqual(own);
});

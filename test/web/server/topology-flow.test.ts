import { expect, onTestFinished, test } from "vitest";
import { interfaceId } from "../../../core/element-id.ts";
import type { LiveChanges, SubscribeReply } from "../../../web/api/live.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { siteOfEachTest } from "../../fixtures/site-of-each-test.ts";
import { digestOf, livePage } from "../../fixtures/topology-site.ts";
import { hostNode, idsOf, nic } from "../../topology/arbitrary.ts";

const { site, start, restart, agent } = siteOfEachTest();

test("what an agent says is seen live, then in the past, and the past says the same after a restart", async () => {
  const host = hostNode("a", { kernel: "6.12" });
  const [eth0, eth1] = [nic("a", "eth0", { mtu: 1500, operstate: "up" }), nic("a", "eth1")];
  await start();
  const page = livePage(site().url);
  onTestFinished(() => void page.disconnect());
  const seen: LiveChanges[] = [];
  page.on("changes", (batch: LiveChanges) => seen.push(batch));
  const subscribed: SubscribeReply = await page.timeout(5_000).emitWithAck("subscribe", { at: "live" });
  expect(subscribed).toMatchObject({ kind: "full", revision: 0, elements: [] });

  const first = agent();
  await first.hello("a", { digest: undefined });
  // Told a second later, so that none of it lies in the future of the collector.
  const t0 = Date.now() - 1_000;
  await first.full([host, eth0, eth1], { at: t0 });
  await first.changes([{ ...eth0, attributes: { mtu: 9000, operstate: "up" } }], { at: t0 + 10 });
  await first.changes([], { at: t0 + 20, remove: [eth1.id] });
  const wan = { ...nic("a", "wan", { mtu: 9000, operstate: "up" }) };
  await first.changes([wan], { at: t0 + 30, remove: [eth0.id], renamed: { [wan.id]: eth0.id } });

  await eventually(() => seen.at(-1)?.revision === site().recorder.revision());
  const liveKinds = seen.flatMap(({ changes }) => changes.map(({ kind }) => kind));
  expect(liveKinds.filter((kind) => kind === "remove")).toHaveLength(2);

  const questions = [
    `?at=${t0 - 1}`,
    `?at=${t0}`,
    `?at=${t0 + 15}`,
    `?at=${t0 + 30}`,
    `/diff?from=${t0}&to=${t0 + 30}`,
    `/diff?from=${t0 + 30}&to=${t0}`,
    `/changes?to=${t0 + 30}`,
    `/changes?to=${t0 + 30}&order=desc&limit=3`,
    `/density?from=${t0}&to=${t0 + 40}&buckets=4`,
    `/elements/${encodeURIComponent(eth0.id)}/history?to=${t0 + 30}`,
    `/elements/${interfaceId("a", undefined, "eth1")}?at=${t0 + 15}`,
    `/elements/host%2Fa/neighbours?at=${t0 + 15}`,
  ];
  const ask = async () =>
    Promise.all(questions.map(async (question) => [question, await site().get(question)] as const));
  const answers = await ask();
  const answerTo = (question: string) => answers.find(([asked]) => asked === question)?.[1].body;
  expect(answers.map(([, { status }]) => status)).toEqual(questions.map(() => 200));
  expect(answerTo(`/diff?from=${t0}&to=${t0 + 30}`)).toMatchObject({
    added: [{ element: { id: wan.id }, renamed_from: eth0.id }],
    removed: [{ id: eth1.id }],
    updated: [],
    unknown_hosts: [],
  });
  const past = answerTo(`?at=${t0 + 15}`) as { elements: { id: typeof wan.id }[] };
  expect(past.elements.map(({ id }) => id).sort()).toEqual(idsOf([host, eth0, eth1]));
  const density = answerTo(`/density?from=${t0}&to=${t0 + 40}&buckets=4`);
  const rows = (density as { buckets: { added: number; updated: number; removed: number }[] }).buckets;
  expect(rows.map(({ updated, removed }) => [updated, removed])).toEqual([
    [0, 0],
    [1, 0],
    [0, 1],
    [0, 1],
  ]);

  const revision = site().recorder.revision();
  await restart();
  expect(await ask()).toEqual(answers);
  expect(site().recorder.revision()).toBe(revision);

  const returned = agent();
  expect(await returned.hello("a", { digest: digestOf([host, wan]) })).toMatchObject({ kind: "resume" });
  expect(site().recorder.revision()).toBe(revision);
  await returned.changes([nic("a", "eth9")]);
  expect(site().recorder.revision()).toBe(revision + 1);
});

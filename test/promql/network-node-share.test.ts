import { expect, test } from "vitest";
import { networkNodeShare as share } from "../../core/metrics/network-node-share.ts";
import { ask, closeTo, given } from "./ask.ts";

/** Three network nodes of one cluster, and one of another; what each carries in a minute. */
const CLOUD = given(`
  network_node_rx_bytes{cluster="a",host="n1"} 5000000+600x10
  network_node_tx_bytes{cluster="a",host="n1"} 4000000+400x10
  network_node_rx_packets{cluster="a",host="n1"} 0+1x10
  network_node_tx_packets{cluster="a",host="n1"} 0+1x10
  network_node_rx_bytes{cluster="a",host="n2"} 1000000+300x10
  network_node_tx_bytes{cluster="a",host="n2"} 700000+200x10
  network_node_rx_packets{cluster="a",host="n2"} 0+10x10
  network_node_tx_packets{cluster="a",host="n2"} 0+4x10
  network_node_rx_bytes{cluster="a",host="n3"} 300000 300300 300600 0+300x7
  network_node_tx_bytes{cluster="a",host="n3"} 200000 200200 200400 0+200x7
  network_node_rx_packets{cluster="a",host="n3"} 0+2x10
  network_node_tx_packets{cluster="a",host="n3"} 0+2x10
  network_node_rx_bytes{cluster="b",host="n1"} 0+5x10
  network_node_tx_bytes{cluster="b",host="n1"} 0+5x10
`);

test("each network node's share of its cluster's traffic is one expression, whatever its counters stand at", async () => {
  const shares = await ask(CLOUD, share("bytes"), 120);
  expect(closeTo(shares)).toEqual({
    '{cluster="a", host="n1"}': 0.5,
    '{cluster="a", host="n2"}': 0.25,
    '{cluster="a", host="n3"}': 0.25,
    '{cluster="b", host="n1"}': 1,
  });
});

test("an agent that was restarted begins at 0, and that is never taken for traffic", async () => {
  const shares = await ask(CLOUD, share("bytes"), 420);
  const n3 = Number(shares['{cluster="a", host="n3"}']);
  expect(n3).toBeLessThanOrEqual(0.25);
  expect(n3).toBeGreaterThan(0.15);
});

test("the share of packets is another one: a node of few bytes may have most of them", async () => {
  expect(closeTo(await ask(CLOUD, share("packets"), 120))).toEqual({
    '{cluster="a", host="n1"}': 0.1,
    '{cluster="a", host="n2"}': 0.7,
    '{cluster="a", host="n3"}': 0.2,
  });
});

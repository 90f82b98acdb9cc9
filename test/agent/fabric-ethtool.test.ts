import { expect, test } from "vitest";
import { createDropReader } from "../../agent/fabric/ethtool/drop-counters.ts";

function countersOf(text: string) {
  const reader = createDropReader();
  text.split("\n").forEach(reader.line);
  return reader.finish();
}

test("mlx5: what the port and the host lost, PFC added to pause, queues not counted twice", () => {
  const text = `NIC statistics:
     rx_packets: 1434234
     rx_bytes: 342342342
     rx_out_of_buffer: 847
     rx_steer_missed_packets: 24627
     rx_crc_errors_phy: 2
     rx_in_range_len_errors_phy: 1
     rx_out_of_range_len_phy: 0
     rx_oversize_pkts_phy: 4
     rx_undersize_pkts_phy: 0
     rx_symbol_err_phy: 3
     rx_jabbers_phy: 0
     rx_fragments_phy: 0
     rx_discards_phy: 10
     tx_discards_phy: 5
     tx_errors_phy: 0
     tx_queue_dropped: 7
     rx_pause_ctrl_phy: 100
     tx_pause_ctrl_phy: 1266552
     rx_prio0_pause: 80
     rx_prio0_pause_duration: 9999
     rx_prio3_pause: 20
     tx_prio0_pause: 12667
     link_down_events_phy: 6
     rx0_packets: 12
     rx0_xdp_drop: 1
     tx0_dropped: 3
`;
  expect(countersOf(text)).toEqual({
    rx_no_buffer: 847,
    rx_discards: 10,
    rx_crc_errors: 2,
    rx_length_errors: 5,
    rx_errors: 3,
    tx_dropped: 12,
    tx_errors: 0,
    rx_pause: 200,
    tx_pause: 1_279_219,
    link_downs: 6,
    total_dropped: 879,
  });
});

test("ixgbe: the sum of errors that holds the others is left out", () => {
  const text = `NIC statistics:
     rx_packets: 100
     rx_errors: 30
     tx_errors: 0
     rx_dropped: 0
     tx_dropped: 2
     rx_over_errors: 0
     rx_crc_errors: 10
     rx_frame_errors: 0
     rx_fifo_errors: 0
     rx_missed_errors: 9
     rx_no_buffer_count: 1
     rx_no_dma_resources: 44
     rx_length_errors: 20
     rx_long_length_errors: 20
     tx_flow_control_xon: 1
     rx_flow_control_xon: 2
     tx_flow_control_xoff: 3
     rx_flow_control_xoff: 4
     tx_queue_0_packets: 50
`;
  expect(countersOf(text)).toEqual({
    rx_no_buffer: 44,
    rx_missed: 9,
    rx_crc_errors: 10,
    rx_length_errors: 20,
    rx_errors: 0,
    tx_dropped: 2,
    tx_errors: 0,
    rx_pause: 6,
    tx_pause: 4,
    total_dropped: 85,
  });
});

test("i40e and ice: the port's counters, not those of the function that stand beside them", () => {
  const i40e =
    "     rx_dropped: 5\n     tx_errors: 1\n     port.tx_errors: 2\n     port.rx_dropped: 6\n     port.link_xoff_rx: 3\n";
  expect(countersOf(i40e)).toEqual({ rx_discards: 6, tx_errors: 2, rx_pause: 3, total_dropped: 8 });
  const ice =
    "     rx_dropped.nic: 7\n     rx_crc_errors.nic: 1\n     link_xon_tx.nic: 2\n     tx_dropped_link_down.nic: 3\n";
  expect(countersOf(ice)).toEqual({ rx_discards: 7, rx_crc_errors: 1, tx_dropped: 3, tx_pause: 2, total_dropped: 11 });
});

test("bnxt_en: rings are added up where the card has no total", () => {
  const rings =
    "     [0]: rx_ucast_packets: 10\n     [0]: rx_discards: 3\n     [11]: rx_discards: 4\n     rx_fcs_err_frames: 1\n";
  expect(countersOf(rings)).toEqual({ rx_no_buffer: 7, rx_crc_errors: 1, total_dropped: 8 });
});

test("virtio_net: queues are added up where an old kernel has no total", () => {
  const recent = "NIC statistics:\n     rx_drops: 4\n     rx_kicks: 8321\n     rx0_drops: 4\n     rx0_kicks: 8321\n";
  expect(countersOf(recent)).toEqual({ rx_no_buffer: 4, total_dropped: 4 });
  const old = "NIC statistics:\n     rx_queue_0_drops: 1\n     rx_queue_1_drops: 2\n     rx_queue_0_packets: 7\n";
  expect(countersOf(old)).toEqual({ rx_no_buffer: 3, total_dropped: 3 });
});

test.each([
  ["nothing", ""],
  ["a driver that counts nothing of it", "NIC statistics:\n     peer_ifindex: 5\n"],
  ["a refusal", "no stats available\n"],
  ["a value that is no number", "     rx_out_of_buffer: n/a\n"],
])("%s is no counter, and no 0", (_, text) => {
  expect(countersOf(text)).toEqual({});
});

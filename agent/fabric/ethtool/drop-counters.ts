import type { FABRIC_METRICS } from "../../../core/metrics/fabric-metrics.ts";

type DropField = Exclude<keyof (typeof FABRIC_METRICS)["nic_drops"]["fields"], "total_dropped">;

/** Sums of what a card counts, by what it means. */
export type DropCounters = { readonly [field in DropField | "total_dropped"]?: number };

/**
 * Names of drivers' statistics by what they mean. Of the lists of one field the first counts of which the driver has any;
 * those in one list are added up. `*` stands for a number. Sources: Documentation/networking/device_drivers/ethernet/mellanox/mlx5,
 * and the tables of strings of ixgbe, igb, i40e, ice, bnxt_en and virtio_net.
 */
const NAMES: { readonly [field in DropField]: readonly (readonly string[])[] } = {
  rx_no_buffer: [
    ["rx_out_of_buffer"],
    ["rx_no_dma_resources"],
    ["rx_no_buffer_count"],
    ["rx_drops"],
    ["rx_queue_*_drops"],
    ["rx_total_discard_pkts"],
    ["[*]: rx_discards"],
  ],
  rx_missed: [["rx_missed_errors"]],
  rx_discards: [["rx_discards_phy"], ["port.rx_dropped"], ["rx_dropped.nic"], ["rx_stat_discard"]],
  rx_crc_errors: [
    ["rx_crc_errors_phy"],
    ["port.rx_crc_errors"],
    ["rx_crc_errors.nic"],
    ["rx_crc_errors"],
    ["rx_fcs_err_frames"],
  ],
  rx_length_errors: [
    ["rx_in_range_len_errors_phy", "rx_out_of_range_len_phy", "rx_oversize_pkts_phy", "rx_undersize_pkts_phy"],
    ["port.rx_length_errors", "port.rx_oversize", "port.rx_undersize"],
    ["rx_length_errors.nic", "rx_oversize.nic", "rx_undersize.nic"],
    ["rx_length_errors"],
    ["rx_ovrsz_frames", "rx_undrsz_frames"],
  ],
  rx_errors: [
    ["rx_symbol_err_phy", "rx_jabbers_phy", "rx_fragments_phy"],
    ["port.illegal_bytes", "port.rx_jabber", "port.rx_fragments"],
    ["illegal_bytes.nic", "rx_jabber.nic", "rx_fragments.nic"],
    ["rx_frame_errors", "rx_fifo_errors", "rx_over_errors"],
    ["rx_jbr_frames", "rx_align_err_frames"],
  ],
  tx_dropped: [
    ["tx_discards_phy", "tx_queue_dropped"],
    ["port.tx_dropped_link_down"],
    ["tx_dropped_link_down.nic"],
    ["tx_total_discard_pkts"],
    ["tx_stat_discard"],
    ["tx_dropped"],
  ],
  tx_errors: [["tx_errors_phy"], ["port.tx_errors"], ["tx_errors.nic"], ["tx_errors"], ["tx_err"]],
  rx_pause: [
    ["rx_pause_ctrl_phy", "rx_prio*_pause"],
    ["port.link_xon_rx", "port.link_xoff_rx"],
    ["link_xon_rx.nic", "link_xoff_rx.nic"],
    ["rx_flow_control_xon", "rx_flow_control_xoff"],
    ["rx_pause_frames"],
  ],
  tx_pause: [
    ["tx_pause_ctrl_phy", "tx_prio*_pause"],
    ["port.link_xon_tx", "port.link_xoff_tx"],
    ["link_xon_tx.nic", "link_xoff_tx.nic"],
    ["tx_flow_control_xon", "tx_flow_control_xoff"],
    ["tx_pause_frames"],
  ],
  link_downs: [["link_down_events_phy"], ["link_down_events"]],
};

const NOT_PACKETS_LOST: ReadonlySet<string> = new Set(["rx_pause", "tx_pause", "link_downs"]);

const FIELDS = Object.entries(NAMES).flatMap(([field, lists]) => (isDropField(field) ? [{ field, lists }] : []));

/** Every name that is looked for, as it stands in the tables. */
const WANTED = new Set(FIELDS.flatMap(({ lists }) => lists.flat()));

/** Takes in `ethtool -S`, line by line: a card of a hundred queues has thousands, of which a few are kept. */
export interface DropReader {
  line(line: string): void;
  /** Empty for a card that counts none of it. */
  finish(): DropCounters;
}

export function createDropReader(): DropReader {
  const sums = new Map<string, number>();
  return {
    line(line) {
      const colon = line.lastIndexOf(": ");
      if (colon < 0) return;
      const plain = line.slice(0, colon).trim();
      const name = WANTED.has(plain) ? plain : plain.replace(/\d+/, "*");
      if (!WANTED.has(name)) return;
      const value = Number(line.slice(colon + 2));
      if (Number.isFinite(value)) sums.set(name, (sums.get(name) ?? 0) + value);
    },
    finish() {
      const counters: { [field: string]: number } = {};
      let [lost, hasAny] = [0, false];
      for (const { field, lists } of FIELDS) {
        const found = lists.find((names) => names.some((name) => sums.has(name)));
        if (found === undefined) continue;
        const sum = found.reduce((total, name) => total + (sums.get(name) ?? 0), 0);
        counters[field] = sum;
        if (NOT_PACKETS_LOST.has(field)) continue;
        [lost, hasAny] = [lost + sum, true];
      }
      return hasAny ? { ...counters, total_dropped: lost } : counters;
    },
  };
}

function isDropField(field: string): field is DropField {
  return field in NAMES;
}

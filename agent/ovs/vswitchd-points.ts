import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import { parseBonds } from "./bond-text.ts";
import { parseDatapaths, parseMemory, parsePmds, parseUpcalls } from "./datapath-text.ts";

/** Answers of ovs-vswitchd; empty where its version does not know the command, or has nothing to say. */
export interface VswitchdAnswers {
  readonly datapaths: string;
  readonly upcalls: string;
  readonly pmds: string;
  readonly memory: string;
  readonly bonds: string;
  readonly lacp: string;
}

export interface VswitchdFacts {
  readonly startedAt: EpochMs;
  /** Undefined when the database has not said. */
  readonly hasHardwareOffload: boolean | undefined;
}

/** The points of one sample. */
export function vswitchdPoints(answers: VswitchdAnswers, facts: VswitchdFacts, at: EpochMs): readonly Point[] {
  const memory = parseMemory(answers.memory);
  return [
    ...datapathPoints(answers, facts, at),
    ...pmdPoints(answers.pmds, at),
    {
      measurement: "ovs_daemon",
      tags: { daemon: "ovs-vswitchd" },
      fields: {
        uptime_s: Math.max(0, at - facts.startedAt) / 1_000,
        handlers: intOf(memory("handlers")),
        revalidators: intOf(memory("revalidators")),
        ports: intOf(memory("ports")),
        rules: intOf(memory("rules")),
        flow_keys: intOf(memory("udpif keys")),
      },
      at,
    },
    ...bondPoints(answers, at),
  ];
}

function datapathPoints({ datapaths, upcalls }: VswitchdAnswers, facts: VswitchdFacts, at: EpochMs): readonly Point[] {
  const revalidators = parseUpcalls(upcalls);
  return parseDatapaths(datapaths).map((datapath) => {
    const revalidator = revalidators.get(datapath.name);
    return {
      measurement: "ovs_datapath",
      tags: { datapath: datapath.name },
      fields: {
        hit: intOf(datapath.hit),
        missed: intOf(datapath.missed),
        lost: intOf(datapath.lost),
        flows: intOf(datapath.flows),
        masks: intOf(datapath.masks),
        mask_hit: intOf(datapath.maskHit),
        cache_hit: intOf(datapath.cacheHit),
        flow_limit: intOf(revalidator?.flowLimit),
        dump_duration_s: revalidator?.dumpMs === undefined ? undefined : revalidator.dumpMs / 1_000,
        hw_offload: flagOf(facts.hasHardwareOffload),
        offloaded_flows: intOf(revalidator?.offloadedFlows),
      },
      at,
    };
  });
}

function pmdPoints(text: string, at: EpochMs): readonly Point[] {
  return parsePmds(text).map((pmd) => ({
    measurement: "ovs_pmd",
    tags: { core: pmd.core },
    fields: {
      packets: intOf(pmd.packets),
      recirculations: intOf(pmd.recirculations),
      hw_hit: intOf(pmd.hardwareHit),
      simple_hit: intOf(pmd.simpleHit),
      emc_hit: intOf(pmd.emcHit),
      smc_hit: intOf(pmd.smcHit),
      megaflow_hit: intOf(pmd.megaflowHit),
      miss_ok: intOf(pmd.missOk),
      miss_failed: intOf(pmd.missFailed),
      idle_cycles: intOf(pmd.idleCycles),
      busy_cycles: intOf(pmd.busyCycles),
    },
    at,
  }));
}

function bondPoints({ bonds, lacp }: VswitchdAnswers, at: EpochMs): readonly Point[] {
  return parseBonds(bonds, lacp).map(({ bond, member, isEnabled, isActive, isLacpCurrent }) => ({
    measurement: "ovs_bond",
    tags: { bond, member },
    fields: { enabled: flagOf(isEnabled), active: flagOf(isActive), lacp_current: flagOf(isLacpCurrent) },
    at,
  }));
}

function intOf(value: number | undefined): FieldValue {
  return value === undefined ? undefined : { int: value };
}

function flagOf(value: boolean | undefined): FieldValue {
  return value === undefined ? undefined : { int: value ? 1 : 0 };
}

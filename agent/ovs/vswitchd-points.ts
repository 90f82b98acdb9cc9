import type { EpochMs } from "../../core/clock.ts";
import { type FieldValue, intField, type Point } from "../../core/line-protocol.ts";
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
        handlers: intField(memory("handlers")),
        revalidators: intField(memory("revalidators")),
        ports: intField(memory("ports")),
        rules: intField(memory("rules")),
        flow_keys: intField(memory("udpif keys")),
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
        hit: intField(datapath.hit),
        missed: intField(datapath.missed),
        lost: intField(datapath.lost),
        flows: intField(datapath.flows),
        masks: intField(datapath.masks),
        mask_hit: intField(datapath.maskHit),
        cache_hit: intField(datapath.cacheHit),
        flow_limit: intField(revalidator?.flowLimit),
        dump_duration_s: revalidator?.dumpMs === undefined ? undefined : revalidator.dumpMs / 1_000,
        hw_offload: flagOf(facts.hasHardwareOffload),
        offloaded_flows: intField(revalidator?.offloadedFlows),
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
      packets: intField(pmd.packets),
      recirculations: intField(pmd.recirculations),
      hw_hit: intField(pmd.hardwareHit),
      simple_hit: intField(pmd.simpleHit),
      emc_hit: intField(pmd.emcHit),
      smc_hit: intField(pmd.smcHit),
      megaflow_hit: intField(pmd.megaflowHit),
      miss_ok: intField(pmd.missOk),
      miss_failed: intField(pmd.missFailed),
      idle_cycles: intField(pmd.idleCycles),
      busy_cycles: intField(pmd.busyCycles),
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

function flagOf(value: boolean | undefined): FieldValue {
  return value === undefined ? undefined : { int: value ? 1 : 0 };
}

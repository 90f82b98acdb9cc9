import type { Severity } from "../../../web/api/alerts.ts";
import type { ResolvedBecause } from "../../lifecycle/alert-record.ts";

export type Language = "en" | "zh";

export interface CardTexts {
  readonly severity: { readonly [severity in Severity]: string };
  readonly resolved: string;
  readonly what: string;
  readonly where: string;
  readonly since: string;
  readonly until: string;
  readonly value: string;
  readonly whatToDo: string;
  readonly because: { readonly [because in ResolvedBecause]: string };
  readonly openTopology: string;
  readonly openAlerts: string;
  readonly host: string;
  readonly interface: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly unknownPlace: string;
  readonly incident: string;
  readonly trace: string;
  readonly summaryTitle: (firing: number, resolved: number) => string;
  readonly summaryNote: (messages: number) => string;
  readonly more: (messages: number) => string;
  readonly clickFailed: string;
  readonly clickTakesLonger: string;
}

/** Every text of a card that does not come from the rule. */
export const CARD_TEXTS: { readonly [language in Language]: CardTexts } = {
  en: {
    severity: { critical: "Critical", warning: "Warning", info: "Info" },
    resolved: "Resolved",
    what: "Alert",
    where: "Where",
    since: "Since",
    until: "Until",
    value: "Value",
    whatToDo: "What to do",
    because: {
      recovered: "It is over: the condition no longer holds.",
      element_deleted: "It is over: what the alert was about has been deleted.",
      rule_changed: "It is over because the rule was changed.",
      rule_removed: "It is over because the rule was removed.",
    },
    openTopology: "Open the topology at that time",
    openAlerts: "Open the alerts",
    host: "host",
    interface: "interface",
    namespace: "namespace",
    cluster: "cluster",
    unknownPlace: "not named by the rule",
    incident: "incident",
    trace: "trace",
    summaryTitle: (firing, resolved) => `${firing} alerts fired, ${resolved} resolved`,
    summaryNote: (messages) => `Too many to send one by one: this card stands for ${messages} messages.`,
    more: (messages) => `… and ${messages} more`,
    clickFailed: "That did not work. Try it on the page.",
    clickTakesLonger: "It takes a little longer. The card changes when it is done.",
  },
  zh: {
    severity: { critical: "严重", warning: "警告", info: "提示" },
    resolved: "已恢复",
    what: "告警",
    where: "位置",
    since: "开始时间",
    until: "恢复时间",
    value: "当前值",
    whatToDo: "处理建议",
    because: {
      recovered: "告警条件已不再满足，恢复正常。",
      element_deleted: "告警对象已被删除，告警结束。",
      rule_changed: "告警规则已修改，告警结束。",
      rule_removed: "告警规则已删除，告警结束。",
    },
    openTopology: "查看当时的拓扑",
    openAlerts: "查看告警",
    host: "主机",
    interface: "接口",
    namespace: "命名空间",
    cluster: "集群",
    unknownPlace: "规则未标明",
    incident: "事件",
    trace: "链路追踪",
    summaryTitle: (firing, resolved) => `${firing} 条告警触发，${resolved} 条恢复`,
    summaryNote: (messages) => `消息过多，无法逐条发送；本卡片汇总了 ${messages} 条消息。`,
    more: (messages) => `……另有 ${messages} 条`,
    clickFailed: "操作失败，请在页面上重试。",
    clickTakesLonger: "处理时间较长，完成后卡片会更新。",
  },
};

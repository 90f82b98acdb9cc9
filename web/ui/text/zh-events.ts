import type { EventsTexts } from "./en-events.ts";

export const zhEvents: EventsTexts = {
  events: {
    title: "事件",
    around: "前后发生的事件",
    none: "这段时间前后没有事件",
    count: (count) => `${count} 个事件`,
    severity: { info: "信息", warning: "警告", critical: "严重" },
    kinds: {
      "agent-started": "代理启动",
      "host-booted": "主机启动",
      "process-restarted": "进程重启",
      "process-missing": "进程缺失",
      "process-back": "进程恢复",
      "oom-kill": "内存不足被杀死",
      "vm-started": "虚拟机启动",
      "vm-stopped": "虚拟机停止",
      "vm-suspended": "虚拟机挂起",
      "vm-resumed": "虚拟机恢复",
      "vm-crashed": "虚拟机崩溃",
      "vm-migrated-in": "虚拟机迁入",
      "vm-migrated-out": "虚拟机迁出",
      "link-down": "链路断开",
      "link-up": "链路恢复",
      "ovs-restarted": "Open vSwitch 重启",
      "bgp-session-down": "BGP 会话断开",
      "bgp-session-up": "BGP 会话建立",
      "ha-router-transition": "HA 路由器切换",
      "lldp-neighbour-changed": "LLDP 邻居变化",
      "log-match": "日志",
    },
  },
};

import { isLink } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { useView } from "../app/view.ts";
import { conditionOf } from "../model/condition.ts";
import { valueText } from "../model/filter.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./map.module.css";

export interface TooltipAt {
  readonly id: ElementId;
  readonly x: number;
  readonly y: number;
  /** Size of the map, so that the tooltip stays inside. */
  readonly width: number;
  readonly height: number;
}

const SHOWN = ["mac", "addresses", "mtu", "vlan_id", "vxlan_id", "tag", "held_by"] as const;

export function Tooltip(props: { readonly at: TooltipAt }) {
  const { shown, agentIsSilent } = useView();
  const texts = useTexts();
  const { id, x, y, width, height } = props.at;
  const element = shown.kind === "ready" ? shown.topology.get(id) : undefined;
  if (element === undefined) return null;
  const style = {
    ...(x > width - 320 ? { right: width - x + 12 } : { left: x + 14 }),
    ...(y > height - 160 ? { bottom: height - y + 12 } : { top: y + 14 }),
  };
  return (
    <div className={classes.tooltip} style={style} aria-hidden="true">
      <strong>{isLink(element) ? texts.kinds[element.kind] : element.name}</strong>
      <span>
        {texts.kinds[element.kind]} · {texts.condition[conditionOf(element, agentIsSilent)]}
      </span>
      <dl>
        {SHOWN.map((name) => {
          const value = element.attributes[name];
          if (value === undefined) return null;
          return [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{valueText(value)}</dd>];
        })}
      </dl>
    </div>
  );
}
